/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the cipher backends, and which of them serves what.
 */
#include <string.h>

#include "backend.h"
#include "backend-gcrypt.h"
#include "backend-nettle.h"

const struct pce_backend *const pce_backends[] = {
    &pce_backend_gcrypt,
    &pce_backend_nettle,
    NULL,
};

const struct pce_backend *pce_backend_find(const char *name)
{
    for (int i = 0; pce_backends[i]; i++) {
        if (!name || !strcmp(name, pce_backends[i]->name)) {
            return pce_backends[i]->init() ? pce_backends[i] : NULL;
        }
    }
    return NULL;
}

static void serve(struct pce_backend_set *set, unsigned int alg,
                  const struct pce_backend *backend)
{
    uint32_t info = backend->alg_info(alg);

    if (info) {
        set->algs[alg] = backend;
    }
    if (info & PCE_ALG_INFO_MULTIPART) {
        set->multipart[alg] = backend;
    }
}

void pce_backend_use(struct pce_backend_set *set,
                     const struct pce_backend *backend)
{
    memset(set, 0, sizeof(*set));
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        serve(set, alg, backend);
    }
}

/*
 * Where libnettle is the faster one, measured by tools/backends: see
 * Documentation/backends.rst.
 */
static const uint8_t nettle_is_faster[] = { PCE_ALG_AES_ECB };

/* Each algorithm by the faster backend of those that have it */
static bool select_auto(struct pce_backend_set *set)
{
    bool nettle = pce_backend_nettle.init();
    bool gcrypt = pce_backend_gcrypt.init();

    memset(set, 0, sizeof(*set));
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        if (nettle) {
            serve(set, alg, &pce_backend_nettle);
        }
        if (gcrypt) {
            serve(set, alg, &pce_backend_gcrypt);
        }
    }
    for (size_t i = 0; nettle && i < sizeof(nettle_is_faster); i++) {
        serve(set, nettle_is_faster[i], &pce_backend_nettle);
    }
    return nettle || gcrypt;
}

bool pce_backend_select(struct pce_backend_set *set, const char *name)
{
    const struct pce_backend *backend;

    if (!strcmp(name, "auto")) {
        return select_auto(set);
    }
    backend = pce_backend_find(name);
    if (backend) {
        pce_backend_use(set, backend);
    }
    return backend;
}
