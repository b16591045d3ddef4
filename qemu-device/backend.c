/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the cipher backends, and which of them serves what.
 */
#include <string.h>

#include "backend.h"
#include "backend-gcrypt.h"
#include "backend-ipsec-mb.h"
#include "backend-nettle.h"

const struct pce_backend *const pce_backends[] = {
    &pce_backend_gcrypt,
    &pce_backend_nettle,
    &pce_backend_ipsec_mb,
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
    if (info && backend->multibuffer && backend->multibuffer(alg)) {
        set->multibuffer[alg] = backend;
    }
}

/* False: it is not to be had */
static bool serve_all(struct pce_backend_set *set,
                      const struct pce_backend *backend)
{
    if (!backend || !backend->init()) {
        return false;
    }
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        serve(set, alg, backend);
    }
    return true;
}

void pce_backend_use(struct pce_backend_set *set,
                     const struct pce_backend *backend)
{
    memset(set, 0, sizeof(*set));
    serve_all(set, backend);
}

/*
 * The fastest that has the algorithm, measured by tools/backends: see
 * Documentation/backends.rst.  What is not listed, or is not to be had, is
 * served by libgcrypt, or else by libnettle.
 */
static const struct {
    uint8_t alg;
    const struct pce_backend *backend;
} fastest[] = {
    { PCE_ALG_AES_ECB, &pce_backend_nettle },
    { PCE_ALG_AES_CTR, &pce_backend_ipsec_mb },
    { PCE_ALG_AES_GCM, &pce_backend_ipsec_mb },
};

/* Each algorithm by the fastest backend of those that have it */
static bool select_auto(struct pce_backend_set *set)
{
    bool any;

    memset(set, 0, sizeof(*set));
    /* Those that come later are preferred */
    any = serve_all(set, &pce_backend_ipsec_mb);
    any |= serve_all(set, &pce_backend_nettle);
    any |= serve_all(set, &pce_backend_gcrypt);
    for (size_t i = 0; i < sizeof(fastest) / sizeof(*fastest); i++) {
        if (fastest[i].backend && fastest[i].backend->init()) {
            serve(set, fastest[i].alg, fastest[i].backend);
        }
    }
    return any;
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
