/* SPDX-License-Identifier: (GPL-2.0-only OR MIT) */
/*
 * PCI Crypto Engine: the hardware interface in C.
 *
 * Read it beside Documentation/specification.rst: the sections have the same
 * names and the same order.  This is the only place with offsets, bits and
 * limits; device, driver and tests all include it.
 *
 * Everything in memory is little-endian.  Registers are 32 bits wide.
 */
#ifndef PCE_ABI_H
#define PCE_ABI_H

#include <linux/types.h>

/*
 * 1. PCI identity
 *
 * 1234 is the vendor ID of QEMU's demonstration devices; nobody assigned it.
 */
#define PCE_PCI_VENDOR_ID		0x1234
#define PCE_PCI_DEVICE_ID		0x1ce0
#define PCE_PCI_CLASS			0x1080	/* encryption controller: other */
#define PCE_PCI_REVISION		0x01

#define PCE_BAR_REGS			0
#define PCE_BAR_MSIX			2

/* 2. Register map: a global page, then one page per queue pair */
#define PCE_PAGE_SIZE			0x1000
#define PCE_QUEUE_PAGE(queue)		(PCE_PAGE_SIZE * ((queue) + 1))

/* 3. Identification and capabilities */
#define PCE_REG_MAGIC			0x000
#define   PCE_MAGIC			0x31454350u	/* "PCE1" */
#define PCE_REG_VERSION			0x004
#define   PCE_VERSION_MAJOR		0xffff0000u
#define   PCE_VERSION_MINOR		0x0000ffffu
#define   PCE_VERSION			0x00010002u	/* this text: 1.2 */
#define   PCE_VERSION_WITH_INDEX	0x00010002u	/* in completions */
#define PCE_REG_FEATURES		0x008
#define   PCE_FEATURE_MODERATION	(1u << 0)
#define   PCE_FEATURE_INTX		(1u << 1)
#define   PCE_FEATURE_RANDOM		(1u << 2)
#define   PCE_FEATURE_FAULTS		(1u << 3)
#define PCE_REG_QUEUES			0x00c	/* number of queue pairs */
#define PCE_REG_RING_LIMITS		0x010
#define   PCE_RING_LIMITS_MIN_ORDER	0x0000001fu
#define   PCE_RING_LIMITS_MAX_ORDER	0x00001f00u
#define PCE_REG_MAX_SEGMENTS		0x014	/* per segment table */
#define PCE_REG_MAX_LENGTH		0x018	/* associated data + text, bytes */

/* What one algorithm offers: one register per algorithm number */
#define PCE_REG_ALG_INFO(alg)		(0x400 + 4 * (alg))
#define   PCE_ALG_INFO_PRESENT		(1u << 0)
#define   PCE_ALG_INFO_KEY_128		(1u << 4)
#define   PCE_ALG_INFO_KEY_192		(1u << 5)
#define   PCE_ALG_INFO_KEY_256		(1u << 6)
#define   PCE_ALG_INFO_DATA_UNITS	(1u << 8)
#define   PCE_ALG_INFO_MULTIPART	(1u << 9)

/* Limits of this version of the interface; a device may offer less */
#define PCE_LIMIT_QUEUES		64
#define PCE_LIMIT_MIN_ORDER		2	/* rings of 4 entries ... */
#define PCE_LIMIT_MAX_ORDER		12	/* ... to 4096 entries */
#define PCE_LIMIT_SEGMENTS		1024
#define PCE_LIMIT_MIN_LENGTH		4096	/* MAX_LENGTH is this at least */
#define PCE_LIMIT_LENGTH		(16u << 20)
#define PCE_LIMIT_ALGS			128

/* 4. Device control, events and interrupts */
#define PCE_REG_CTRL			0x020
#define   PCE_CTRL_RESET		(1u << 0)
#define PCE_REG_STATUS			0x024
#define   PCE_DEV_READY			(1u << 0)
#define   PCE_DEV_RESETTING		(1u << 1)
#define   PCE_DEV_FATAL			(1u << 2)
#define PCE_REG_FATAL_CODE		0x028
#define PCE_REG_EVENT			0x030
#define PCE_REG_EVENT_ENABLE		0x034
#define   PCE_EVENT_QUEUE_FAULT		(1u << 0)
#define   PCE_EVENT_QUEUE_STOPPED	(1u << 1)
#define   PCE_EVENT_RESET_DONE		(1u << 2)
#define   PCE_EVENT_FATAL		(1u << 3)
#define   PCE_EVENT_ALL			0x0000000fu
#define PCE_REG_EVENT_VECTOR		0x038
#define   PCE_VECTOR_NONE		0x0000ffffu
#define PCE_REG_INTX_STATUS		0x03c	/* cleared by reading */
#define   PCE_INTX_EVENT		(1u << 0)
#define   PCE_INTX_QUEUE		(1u << 1)
#define PCE_REG_FAULTED_LO		0x040	/* queues in state FAULT */
#define PCE_REG_FAULTED_HI		0x044

/* Device-fatal codes, in PCE_REG_FATAL_CODE */
enum pce_fatal_code {
	PCE_FATAL_NONE			= 0x00,
	PCE_FATAL_INTERNAL		= 0x01,
};

/* 5. Key context invalidation */
#define PCE_REG_INVAL_LO		0x050
#define PCE_REG_INVAL_HI		0x054
#define PCE_REG_INVAL_CMD		0x058
#define   PCE_INVAL_CONTEXT		1
#define   PCE_INVAL_ALL			2

/* 6. Queue pair registers, relative to PCE_QUEUE_PAGE() */
#define PCE_QREG_CMD			0x00
#define PCE_QREG_STATE			0x04
#define PCE_QREG_FAULT			0x08
#define   PCE_QFAULT_CODE		0x000000ffu
#define   PCE_QFAULT_INDEX		0xffff0000u	/* low bits of the ring index */
#define PCE_QREG_SIZE			0x0c
#define   PCE_QSIZE_SQ_ORDER		0x0000001fu
#define   PCE_QSIZE_CQ_ORDER		0x00001f00u
#define PCE_QREG_SQ_LO			0x10
#define PCE_QREG_SQ_HI			0x14
#define PCE_QREG_CQ_LO			0x18
#define PCE_QREG_CQ_HI			0x1c
#define PCE_QREG_SHADOW_LO		0x20
#define PCE_QREG_SHADOW_HI		0x24
#define PCE_QREG_VECTOR			0x28
#define PCE_QREG_MODERATION		0x2c
#define   PCE_MODERATION_USEC		0x0000ffffu
#define   PCE_MODERATION_COUNT		0xffff0000u
#define PCE_QREG_SQ_HEAD		0x30
#define PCE_QREG_CQ_TAIL		0x34
#define PCE_QREG_DOORBELL		0x80

#define PCE_RING_ALIGN			4096
#define PCE_SHADOW_ALIGN		128

enum pce_queue_cmd {
	PCE_QCMD_CREATE			= 1,
	PCE_QCMD_RUN			= 2,
	PCE_QCMD_STOP			= 3,
	PCE_QCMD_DRAIN			= 4,
	PCE_QCMD_RESET			= 5,
	PCE_QCMD_DELETE			= 6,
};

enum pce_queue_state {
	PCE_QSTATE_DISABLED		= 0,
	PCE_QSTATE_STOPPED		= 1,
	PCE_QSTATE_RUNNING		= 2,
	PCE_QSTATE_STOPPING		= 3,	/* after STOP or DRAIN */
	PCE_QSTATE_RESETTING		= 4,
	PCE_QSTATE_FAULT		= 5,
};

enum pce_queue_fault {
	PCE_QFAULT_NONE			= 0x00,
	/* A command was refused; the state is what it was */
	PCE_QFAULT_BAD_COMMAND		= 0x01,
	PCE_QFAULT_BAD_SIZE		= 0x02,
	PCE_QFAULT_BAD_ADDRESS		= 0x03,
	PCE_QFAULT_BAD_VECTOR		= 0x04,
	/* The queue went to FAULT */
	PCE_QFAULT_SQ_DMA		= 0x10,
	PCE_QFAULT_CQ_DMA		= 0x11,
	PCE_QFAULT_SHADOW_DMA		= 0x12,
	PCE_QFAULT_BAD_TAIL		= 0x13,
	PCE_QFAULT_BAD_PHASE		= 0x14,
	PCE_QFAULT_CQ_OVERFLOW		= 0x15,
};

/*
 * 7. Shadow record: indices in memory
 *
 * Indices run free over 32 bits; the slot is index modulo ring size.  The first
 * half is written by the driver alone, the second by the device alone.
 */
struct pce_shadow {
	__le32 sq_tail;		/* entries submitted so far */
	__le32 cq_head;		/* completions consumed so far */
	__le32 cq_event;	/* interrupt when this completion is written */
	__le32 driver_reserved[13];

	__le32 sq_event;	/* doorbell when this entry is submitted */
	__le32 sq_head;		/* entries fetched so far */
	__le32 device_reserved[14];
};

/*
 * 8. Submission queue entry
 */
#define PCE_SQE_IV_SIZE			16

struct pce_sqe {
	__u8   opcode;
	__u8   flags;
	__le16 tag;		/* the driver's name for the request */
	__le32 ctx_generation;
	__le64 ctx;		/* struct pce_context */
	__le64 src;		/* data, or segment table with SRC_TABLE */
	__le64 dst;		/* data, or segment table with DST_TABLE */
	__le32 length;		/* bytes of text */
	__le32 aad_length;	/* bytes of associated data before the text */
	__le16 src_segments;
	__le16 dst_segments;
	__u8   auth_length;	/* bytes of authentication tag or digest */
	__u8   unit_order;	/* log2 of the data unit, 0: all is one unit */
	__le16 op_flags;	/* by opcode */
	__u8   iv[PCE_SQE_IV_SIZE];
};

enum pce_opcode {
	PCE_OP_INVALID			= 0x00,
	PCE_OP_NOP			= 0x01,
	PCE_OP_CIPHER			= 0x02,
	PCE_OP_AEAD			= 0x03,
	PCE_OP_HASH			= 0x04,
	PCE_OP_MAC			= 0x05,
	PCE_OP_RANDOM			= 0x06,
};

#define PCE_SQE_PHASE			0x01
#define PCE_SQE_DECRYPT			0x02
#define PCE_SQE_SRC_TABLE		0x04
#define PCE_SQE_DST_TABLE		0x08
#define PCE_SQE_IV_INDIRECT		0x10	/* iv is an address */
#define PCE_SQE_FLAGS			0x1f	/* all of this version */

#define PCE_UNIT_ORDER_MIN		4
#define PCE_UNIT_ORDER_MAX		24
#define PCE_INDIRECT_IV_SIZE		32

/* op_flags of AEAD */
#define PCE_AEAD_ESN			0x0001
#define PCE_AEAD_AAD_SKIP		0xff00

/* op_flags of HASH and MAC */
#define PCE_HASH_FIRST			0x0001
#define PCE_HASH_LAST			0x0002
#define PCE_HASH_ALG			0xff00	/* HASH only */

/* 9. Segment table: an array of these, no chaining */
struct pce_segment {
	__le64 addr;
	__le32 length;		/* never zero */
	__le32 reserved;
};

#define PCE_SEGMENT_TABLE_ALIGN		16

/* 10. Key context and state record */
#define PCE_CONTEXT_KEY_SIZE		64
#define PCE_CONTEXT_AUTH_KEY_SIZE	144
#define PCE_CONTEXT_ALIGN		64

struct pce_context {
	__le32 generation;
	__u8   alg;		/* enum pce_alg */
	__u8   key_length;
	__u8   auth_alg;	/* enum pce_alg, an HMAC */
	__u8   auth_key_length;
	__u8   reserved0[8];
	__u8   key[PCE_CONTEXT_KEY_SIZE];
	__u8   auth_key[PCE_CONTEXT_AUTH_KEY_SIZE];
	__u8   reserved1[32];
};

#define PCE_HASH_STATE_SIZE		200
#define PCE_HASH_BUFFER_SIZE		144	/* the longest block */
#define PCE_HASH_DIGEST_SIZE		64	/* the longest digest */
#define PCE_HASH_STATE_ALIGN		64

struct pce_hash_state {
	__u8   state[PCE_HASH_STATE_SIZE];
	__le64 bytes;		/* of the message so far */
	__u8   buffer[PCE_HASH_BUFFER_SIZE];
	__u8   reserved[32];
};

/* 11. Algorithms */
enum pce_alg {
	PCE_ALG_NONE			= 0,
	PCE_ALG_AES_ECB			= 1,
	PCE_ALG_AES_CBC			= 2,
	PCE_ALG_AES_CTR			= 3,
	PCE_ALG_AES_XTS			= 4,	/* the key is both keys */
	PCE_ALG_AES_CBC_CTS		= 5,
	PCE_ALG_AES_LRW			= 6,	/* the key is both keys */
	PCE_ALG_AES_ESSIV		= 7,
	PCE_ALG_SM4_ECB			= 8,
	PCE_ALG_SM4_CBC			= 9,
	PCE_ALG_SM4_CTR			= 10,
	PCE_ALG_SM4_XTS			= 11,	/* the key is both keys */
	PCE_ALG_DES3_ECB		= 12,
	PCE_ALG_DES3_CBC		= 13,
	PCE_ALG_CHACHA20		= 14,
	PCE_ALG_XCHACHA20		= 15,
	PCE_ALG_XCHACHA12		= 16,

	PCE_ALG_AES_GCM			= 32,
	PCE_ALG_AES_CCM			= 33,
	PCE_ALG_CHACHA20_POLY1305	= 34,
	PCE_ALG_AUTHENC_AES_CBC		= 35,
	PCE_ALG_AUTHENC_AES_CTR		= 36,
	PCE_ALG_AUTHENC_AES_ESSIV	= 37,

	PCE_ALG_SHA1			= 64,
	PCE_ALG_SHA224			= 65,
	PCE_ALG_SHA256			= 66,
	PCE_ALG_SHA384			= 67,
	PCE_ALG_SHA512			= 68,
	PCE_ALG_SHA3_224		= 69,
	PCE_ALG_SHA3_256		= 70,
	PCE_ALG_SHA3_384		= 71,
	PCE_ALG_SHA3_512		= 72,
	PCE_ALG_SM3			= 73,

	PCE_ALG_HMAC_SHA1		= 96,
	PCE_ALG_HMAC_SHA224		= 97,
	PCE_ALG_HMAC_SHA256		= 98,
	PCE_ALG_HMAC_SHA384		= 99,
	PCE_ALG_HMAC_SHA512		= 100,
	PCE_ALG_HMAC_SHA3_224		= 101,
	PCE_ALG_HMAC_SHA3_256		= 102,
	PCE_ALG_HMAC_SHA3_384		= 103,
	PCE_ALG_HMAC_SHA3_512		= 104,
	PCE_ALG_HMAC_SM3		= 105,
	PCE_ALG_AES_CMAC		= 112,
	PCE_ALG_AES_XCBC		= 113,
};

/* 12. Completion queue entry */
#define PCE_CQE_RESULT_SIZE		16

struct pce_cqe {
	__u8   result[PCE_CQE_RESULT_SIZE];	/* next IV */
	__le32 length;		/* bytes written to the destination */
	__le32 detail;		/* what the status is about */
	__le32 index;		/* of the submission queue entry */
	__le32 ctrl;		/* written last, in one piece */
};

#define PCE_CQE_TAG			0x0000ffffu
#define PCE_CQE_STATUS			0x00ff0000u
#define PCE_CQE_PHASE			0x80000000u

/*
 * 13. Request status
 *
 * The high nibble is the class.  In the classes 1 and 2 the destination was not
 * touched.
 */
enum pce_status {
	PCE_STATUS_OK			= 0x00,
	/* detail: offset in struct pce_sqe of the field at fault */
	PCE_STATUS_BAD_OPCODE		= 0x10,
	PCE_STATUS_BAD_FLAGS		= 0x11,
	PCE_STATUS_BAD_FIELD		= 0x12,
	PCE_STATUS_BAD_LENGTH		= 0x13,
	PCE_STATUS_BAD_ADDRESS		= 0x14,
	/* detail: index of the segment at fault */
	PCE_STATUS_BAD_SRC_SEGMENT	= 0x18,
	PCE_STATUS_BAD_DST_SEGMENT	= 0x19,
	/* detail: offset in struct pce_context of the field at fault */
	PCE_STATUS_BAD_CONTEXT		= 0x20,
	PCE_STATUS_STALE_CONTEXT	= 0x21,
	PCE_STATUS_UNSUPPORTED		= 0x22,
	/* detail: offset in struct pce_hash_state of the field at fault */
	PCE_STATUS_BAD_STATE		= 0x23,
	/* not a fault of the request; detail: 0 */
	PCE_STATUS_NO_RESOURCES		= 0x28,
	/* detail: index of the segment, 0 where there is no table */
	PCE_STATUS_CTX_DMA		= 0x30,
	PCE_STATUS_TABLE_DMA		= 0x31,
	PCE_STATUS_SRC_DMA		= 0x32,
	PCE_STATUS_DST_DMA		= 0x33,
	PCE_STATUS_IV_DMA		= 0x34,
	PCE_STATUS_STATE_DMA		= 0x35,
	PCE_STATUS_AUTH_FAILED		= 0x40,
	PCE_STATUS_INTERNAL		= 0x50,
};

/* 14. Fault injection, with PCE_FEATURE_FAULTS */
#define PCE_REG_FAULT_CMD		0x800
#define PCE_REG_FAULT_RESULT		0x804
#define PCE_REG_FAULT_COUNT		0x808	/* injections so far */
#define PCE_REG_FAULT_TEXT		0xa00
#define   PCE_FAULT_TEXT_SIZE		0x600

enum pce_fault_cmd {
	PCE_FAULT_CMD_SET		= 1,	/* the plan is TEXT */
	PCE_FAULT_CMD_GET		= 2,	/* TEXT is the plan */
	PCE_FAULT_CMD_REPORT		= 3,	/* TEXT is what was done */
};

enum pce_fault_result {
	PCE_FAULT_OK			= 0,
	PCE_FAULT_BAD_COMMAND		= 1,
	PCE_FAULT_BAD_PLAN		= 2,	/* TEXT says why; the old one stays */
};

/*
 * Event index: does moving an index from old to new pass event?  The driver
 * asks it about sq_event, the device about cq_event.
 */
static inline int pce_need_event(__u32 event, __u32 new_index, __u32 old_index)
{
	return (__u32)(new_index - event - 1) < (__u32)(new_index - old_index);
}

/* Phase bit of the entry at a free-running index: 1 in the first round */
static inline int pce_phase(__u32 index, unsigned int order)
{
	return !((index >> order) & 1);
}

#endif /* PCE_ABI_H */
