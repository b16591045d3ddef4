/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the list of cipher backends.
 */
#include <string.h>

#include "backend.h"
#include "backend-gcrypt.h"

const struct pce_backend *const pce_backends[] = {
    &pce_backend_gcrypt,
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

void pce_backend_use(struct pce_backend_set *set,
                     const struct pce_backend *backend)
{
    for (unsigned int alg = 0; alg < PCE_LIMIT_ALGS; alg++) {
        uint32_t info = backend->alg_info(alg);

        set->algs[alg] = info ? backend : NULL;
        set->multipart[alg] = info & PCE_ALG_INFO_MULTIPART ? backend : NULL;
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
