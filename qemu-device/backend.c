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

bool pce_backend_select(struct pce_backend_set *set, const char *name)
{
    const struct pce_backend *backend = pce_backend_find(name);

    if (backend) {
        pce_backend_use(set, backend);
    }
    return backend;
}
