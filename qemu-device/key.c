/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "key.h"

static bool expand_cipher(struct pce_key_part *part,
                          const struct pce_backend *backend, unsigned int alg,
                          const uint8_t *bytes, size_t length)
{
    *part = (struct pce_key_part) {
        .backend = backend,
        .alg = alg,
        .length = length,
    };
    part->handle = part->backend->key_new(alg, bytes, length);
    return part->handle;
}

bool pce_key_cipher(struct pce_key_part *part,
                    const struct pce_backend_set *backends, unsigned int alg,
                    const uint8_t *bytes, size_t length)
{
    return expand_cipher(part, backends->algs[alg], alg, bytes, length);
}

bool pce_key_multibuffer(struct pce_key *key,
                         const struct pce_backend_set *backends,
                         unsigned int alg, const uint8_t *bytes, size_t length)
{
    const struct pce_backend *backend = backends->multibuffer[alg];

    return pce_key_cipher(&key->cipher, backends, alg, bytes, length) &&
           (!backend ||
            expand_cipher(&key->multibuffer, backend, alg, bytes, length));
}

bool pce_key_hash(struct pce_key_part *part, const struct pce_backend *backend,
                  unsigned int alg, const uint8_t *bytes, size_t length)
{
    *part = (struct pce_key_part) {
        .backend = backend,
        .is_hash = true,
        .alg = alg,
    };
    part->handle = backend->hash_new(alg, bytes, length);
    return part->handle;
}

static void free_part(struct pce_key_part *part)
{
    if (!part->handle) {
        return;
    }
    if (part->is_hash) {
        part->backend->hash_free(part->handle);
    } else {
        part->backend->key_free(part->handle);
    }
}

void pce_key_free(struct pce_key *key)
{
    free_part(&key->cipher);
    free_part(&key->multibuffer);
    free_part(&key->iv_cipher);
    free_part(&key->auth);
    free_part(&key->multipart);
    explicit_bzero(key, sizeof(*key) + key->own_size);
    free(key);
}

static bool expand(struct pce_key *key, const struct pce_backend_set *backends,
                   const struct pce_context *ctx)
{
    unsigned int primitive = key->alg->parts[0];

    if (key->alg->expand) {
        return key->alg->expand(key, backends, ctx);
    }
    if (primitive) {
        return pce_key_cipher(&key->cipher, backends, primitive, ctx->key,
                              ctx->key_length);
    }
    return pce_key_multibuffer(key, backends, key->number, ctx->key,
                               ctx->key_length);
}

struct pce_key *pce_key_new(const struct pce_backend_set *backends,
                            const struct pce_context *ctx)
{
    const struct pce_alg_desc *alg = pce_alg_find(ctx->alg);
    struct pce_key *key = calloc(1, sizeof(*key) + alg->own_size);

    if (!key) {
        return NULL;
    }
    key->alg = alg;
    key->number = ctx->alg;
    key->own_size = alg->own_size;
    if (!expand(key, backends, ctx)) {
        pce_key_free(key);
        return NULL;
    }
    return key;
}
