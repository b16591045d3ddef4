/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PCE_BACKEND_GCRYPT_H
#define PCE_BACKEND_GCRYPT_H

#include "backend.h"

extern const struct pce_backend pce_backend_gcrypt;

#endif /* PCE_BACKEND_GCRYPT_H */
