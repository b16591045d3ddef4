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
