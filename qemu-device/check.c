/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: the checks of entries and key contexts.
 *
 * Fields are checked by rising offset, as the specification wants it.
 */
#include "executor-internal.h"

bool pce_is_zero(const void *data, size_t length)
{
    const uint8_t *byte = data;

    while (length && !*byte) {
        byte++;
        length--;
    }
    return !length;
}

/* --- Entries ------------------------------------------------------------- */

enum use {
    USE_CTX    = 1 << 0,
    USE_SRC    = 1 << 1,
    USE_DST    = 1 << 2,            /* the destination of data */
    USE_STATE  = 1 << 3,            /* dst is a state record */
    USE_LENGTH = 1 << 4,
    USE_AAD    = 1 << 5,
    USE_AUTH   = 1 << 6,
    USE_UNIT   = 1 << 7,
    USE_IV     = 1 << 8,
};

/* What an opcode uses: other fields are 0 */
struct opcode {
    uint16_t uses;
    uint16_t op_flags;
    uint8_t flags;
};

static const struct opcode opcodes[] = {
    [PCE_OP_NOP] = {
        .flags = PCE_SQE_PHASE,
    },
    [PCE_OP_CIPHER] = {
        .flags = PCE_SQE_PHASE | PCE_SQE_DECRYPT | PCE_SQE_SRC_TABLE |
                 PCE_SQE_DST_TABLE | PCE_SQE_IV_INDIRECT,
        .uses = USE_CTX | USE_SRC | USE_DST | USE_LENGTH | USE_UNIT | USE_IV,
    },
    [PCE_OP_AEAD] = {
        .flags = PCE_SQE_PHASE | PCE_SQE_DECRYPT | PCE_SQE_SRC_TABLE |
                 PCE_SQE_DST_TABLE,
        .op_flags = PCE_AEAD_ESN | PCE_AEAD_AAD_SKIP,
        .uses = USE_CTX | USE_SRC | USE_DST | USE_LENGTH | USE_AAD |
                USE_AUTH | USE_IV,
    },
    [PCE_OP_HASH] = {
        .flags = PCE_SQE_PHASE | PCE_SQE_SRC_TABLE,
        .op_flags = PCE_HASH_FIRST | PCE_HASH_LAST | PCE_HASH_ALG,
        .uses = USE_SRC | USE_STATE | USE_LENGTH | USE_AUTH,
    },
    [PCE_OP_MAC] = {
        .flags = PCE_SQE_PHASE | PCE_SQE_SRC_TABLE,
        .op_flags = PCE_HASH_FIRST | PCE_HASH_LAST,
        .uses = USE_CTX | USE_SRC | USE_STATE | USE_LENGTH | USE_AUTH,
    },
    [PCE_OP_RANDOM] = {
        .flags = PCE_SQE_PHASE | PCE_SQE_DST_TABLE,
        .uses = USE_DST | USE_LENGTH,
    },
};

static enum pce_status check_ctx(const struct pce_executor *ex,
                                 const struct pce_sqe *sqe)
{
    (void)ex;
    return le64toh(sqe->ctx) % PCE_CONTEXT_ALIGN ? PCE_STATUS_BAD_ADDRESS
                                                 : PCE_STATUS_OK;
}

static enum pce_status check_src(const struct pce_executor *ex,
                                 const struct pce_sqe *sqe)
{
    (void)ex;
    return sqe->flags & PCE_SQE_SRC_TABLE &&
           le64toh(sqe->src) % PCE_SEGMENT_TABLE_ALIGN
           ? PCE_STATUS_BAD_ADDRESS : PCE_STATUS_OK;
}

static enum pce_status check_dst(const struct pce_executor *ex,
                                 const struct pce_sqe *sqe)
{
    unsigned int align = 1;

    (void)ex;
    if (opcodes[sqe->opcode].uses & USE_STATE) {
        align = PCE_HASH_STATE_ALIGN;
    } else if (sqe->flags & PCE_SQE_DST_TABLE) {
        align = PCE_SEGMENT_TABLE_ALIGN;
    }
    return le64toh(sqe->dst) % align ? PCE_STATUS_BAD_ADDRESS : PCE_STATUS_OK;
}

static enum pce_status check_length(const struct pce_executor *ex,
                                    const struct pce_sqe *sqe)
{
    return le32toh(sqe->length) > ex->config.max_length ||
           (sqe->opcode == PCE_OP_RANDOM && !sqe->length)
           ? PCE_STATUS_BAD_LENGTH : PCE_STATUS_OK;
}

static enum pce_status check_aad_length(const struct pce_executor *ex,
                                        const struct pce_sqe *sqe)
{
    uint16_t op_flags = le16toh(sqe->op_flags);
    uint32_t aad_length = le32toh(sqe->aad_length);
    uint32_t least = op_flags & PCE_AEAD_ESN ? 8 : 0;

    /* ... which does not overflow: length was checked */
    return aad_length > ex->config.max_length - le32toh(sqe->length) ||
           aad_length < least || aad_length < op_flags >> 8
           ? PCE_STATUS_BAD_LENGTH : PCE_STATUS_OK;
}

static enum pce_status check_segments(const struct pce_executor *ex,
                                      bool table, uint32_t segments)
{
    return (table ? segments && segments <= ex->config.max_segments
                  : !segments) ? PCE_STATUS_OK : PCE_STATUS_BAD_FIELD;
}

static enum pce_status check_src_segments(const struct pce_executor *ex,
                                          const struct pce_sqe *sqe)
{
    return check_segments(ex, sqe->flags & PCE_SQE_SRC_TABLE,
                          le16toh(sqe->src_segments));
}

static enum pce_status check_dst_segments(const struct pce_executor *ex,
                                          const struct pce_sqe *sqe)
{
    return check_segments(ex, sqe->flags & PCE_SQE_DST_TABLE,
                          le16toh(sqe->dst_segments));
}

static enum pce_status check_unit_order(const struct pce_executor *ex,
                                        const struct pce_sqe *sqe)
{
    (void)ex;
    return sqe->unit_order && (sqe->unit_order < PCE_UNIT_ORDER_MIN ||
                               sqe->unit_order > PCE_UNIT_ORDER_MAX)
           ? PCE_STATUS_BAD_FIELD : PCE_STATUS_OK;
}

static enum pce_status check_op_flags(const struct pce_executor *ex,
                                      const struct pce_sqe *sqe)
{
    (void)ex;
    return le16toh(sqe->op_flags) & ~opcodes[sqe->opcode].op_flags
           ? PCE_STATUS_BAD_FIELD : PCE_STATUS_OK;
}

/* By IV_INDIRECT it is an address, and then zeros */
static enum pce_status check_iv(const struct pce_executor *ex,
                                const struct pce_sqe *sqe)
{
    (void)ex;
    return sqe->flags & PCE_SQE_IV_INDIRECT && !pce_is_zero(sqe->iv + 8, 8)
           ? PCE_STATUS_BAD_FIELD : PCE_STATUS_OK;
}

/* A field ends where the next one begins */
static const struct {
    uint8_t offset;
    uint16_t used_by;               /* 0: any opcode */
    enum pce_status (*check)(const struct pce_executor *ex,
                             const struct pce_sqe *sqe);
} fields[] = {
    { SQE_OFFSET(ctx_generation), USE_CTX, NULL },
    { SQE_OFFSET(ctx), USE_CTX, check_ctx },
    { SQE_OFFSET(src), USE_SRC, check_src },
    { SQE_OFFSET(dst), USE_DST | USE_STATE, check_dst },
    { SQE_OFFSET(length), USE_LENGTH, check_length },
    { SQE_OFFSET(aad_length), USE_AAD, check_aad_length },
    { SQE_OFFSET(src_segments), USE_SRC, check_src_segments },
    { SQE_OFFSET(dst_segments), USE_DST, check_dst_segments },
    { SQE_OFFSET(auth_length), USE_AUTH, NULL },
    { SQE_OFFSET(unit_order), USE_UNIT, check_unit_order },
    { SQE_OFFSET(op_flags), 0, check_op_flags },
    { SQE_OFFSET(iv), USE_IV, check_iv },
    { .offset = sizeof(struct pce_sqe) },
};

enum pce_status pce_check_entry(const struct pce_executor *ex,
                                const struct pce_sqe *sqe, uint32_t *detail)
{
    const struct opcode *op = &opcodes[sqe->opcode];

    if (sqe->flags & ~op->flags) {
        return pce_fault(detail, SQE_OFFSET(flags), PCE_STATUS_BAD_FLAGS);
    }
    for (size_t i = 0; fields[i].offset < sizeof(*sqe); i++) {
        enum pce_status status = PCE_STATUS_OK;

        if (fields[i].used_by && !(fields[i].used_by & op->uses)) {
            if (!pce_is_zero((const uint8_t *)sqe + fields[i].offset,
                             fields[i + 1].offset - fields[i].offset)) {
                status = PCE_STATUS_BAD_FIELD;
            }
        } else if (fields[i].check) {
            status = fields[i].check(ex, sqe);
        }
        if (status) {
            return pce_fault(detail, fields[i].offset, status);
        }
    }
    return PCE_STATUS_OK;
}

bool pce_opcode_has_key(unsigned int opcode)
{
    return opcodes[opcode].uses & USE_CTX;
}

/* --- Key contexts -------------------------------------------------------- */

static bool is_offered(const struct pce_executor *ex, unsigned int number)
{
    return ex->config.alg_info[number] & PCE_ALG_INFO_PRESENT;
}

static enum pce_status check_key(const struct pce_executor *ex,
                                 const struct pce_context *ctx)
{
    const struct pce_alg_desc *alg = pce_alg_find(ctx->alg);
    uint32_t bit = pce_alg_key_bit(alg, ctx->key_length);

    if (!alg->key_bits) {
        return ctx->key_length ? PCE_STATUS_BAD_CONTEXT : PCE_STATUS_OK;
    }
    if (!bit) {
        return PCE_STATUS_BAD_CONTEXT;
    }
    return ex->config.alg_info[ctx->alg] & bit ? PCE_STATUS_OK
                                               : PCE_STATUS_UNSUPPORTED;
}

static enum pce_status check_auth_alg(const struct pce_executor *ex,
                                      const struct pce_context *ctx)
{
    if (!pce_alg_find(ctx->alg)->auth_alg) {
        return ctx->auth_alg ? PCE_STATUS_BAD_CONTEXT : PCE_STATUS_OK;
    }
    if (ctx->auth_alg < PCE_ALG_HMAC_SHA1 ||
        ctx->auth_alg > PCE_ALG_HMAC_SHA512) {
        return PCE_STATUS_BAD_CONTEXT;
    }
    return is_offered(ex, ctx->auth_alg) ? PCE_STATUS_OK
                                         : PCE_STATUS_UNSUPPORTED;
}

static enum pce_status check_auth_key_length(const struct pce_context *ctx)
{
    const struct pce_alg_desc *alg = pce_alg_find(ctx->alg);
    unsigned int most = 0;

    if (alg->auth_alg) {
        most = pce_alg_find(ctx->auth_alg)->block;
    } else if (alg->auth_key) {
        most = alg->block;
    }
    return ctx->auth_key_length > most ? PCE_STATUS_BAD_CONTEXT
                                       : PCE_STATUS_OK;
}

enum pce_status pce_check_context(const struct pce_executor *ex,
                                  const struct pce_context *ctx,
                                  const struct pce_sqe *sqe, uint32_t *detail)
{
    const struct pce_alg_desc *alg = pce_alg_find(ctx->alg);
    enum pce_status status;

    if (ctx->generation != sqe->ctx_generation) {
        return PCE_STATUS_STALE_CONTEXT;
    }
    if (!alg || alg->opcode != sqe->opcode) {
        return pce_fault(detail, CONTEXT_OFFSET(alg), PCE_STATUS_BAD_CONTEXT);
    }
    if (!is_offered(ex, ctx->alg)) {
        return pce_fault(detail, CONTEXT_OFFSET(alg), PCE_STATUS_UNSUPPORTED);
    }
    status = check_key(ex, ctx);
    if (status) {
        return pce_fault(detail, CONTEXT_OFFSET(key_length), status);
    }
    status = check_auth_alg(ex, ctx);
    if (status) {
        return pce_fault(detail, CONTEXT_OFFSET(auth_alg), status);
    }
    status = check_auth_key_length(ctx);
    if (status) {
        return pce_fault(detail, CONTEXT_OFFSET(auth_key_length), status);
    }
    if (!pce_is_zero(ctx->reserved0, sizeof(ctx->reserved0))) {
        return pce_fault(detail, CONTEXT_OFFSET(reserved0),
                         PCE_STATUS_BAD_CONTEXT);
    }
    if (!pce_is_zero(ctx->reserved1, sizeof(ctx->reserved1))) {
        return pce_fault(detail, CONTEXT_OFFSET(reserved1),
                         PCE_STATUS_BAD_CONTEXT);
    }
    return PCE_STATUS_OK;
}
