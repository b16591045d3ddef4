/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PCE_BACKEND_IPSEC_MB_H
#define PCE_BACKEND_IPSEC_MB_H

#include "backend.h"

/* Where the library is missing this is not linked, and its address is NULL */
extern const struct pce_backend pce_backend_ipsec_mb __attribute__((weak));

#endif /* PCE_BACKEND_IPSEC_MB_H */
