/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI Crypto Engine: trace events, in /sys/kernel/tracing/events/pce.
 *
 * A request is known by its queue pair, its index in the submission ring, which
 * runs free until the queue pair is reset, and its tag: so it is in the device's
 * trace.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pce

#if !defined(PCE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PCE_TRACE_H

#include <linux/bitfield.h>
#include <linux/tracepoint.h>

#include "pce.h"
#include "pce_ring.h"
#include "pce_request.h"

TRACE_EVENT(pce_submit,
	    TP_PROTO(const struct pce_queue *q, u32 index,
		     const struct pce_sqe *sqe),
	    TP_ARGS(q, index, sqe),
	    TP_STRUCT__entry(__string(device, q->name)
			 __field(unsigned int, queue)
			     __field(u32, index)
			     __field(u32, length)
			     __field(u32, aad_length)
			     __field(u16, tag)
			     __field(u8, opcode)
			     __field(u8, flags)),
	    TP_fast_assign(__assign_str(device);
		       __entry->queue = q->id;
			   __entry->index = index;
			   __entry->length = le32_to_cpu(sqe->length);
			   __entry->aad_length = le32_to_cpu(sqe->aad_length);
			   __entry->tag = le16_to_cpu(sqe->tag);
			   __entry->opcode = sqe->opcode;
			   __entry->flags = sqe->flags),
	    TP_printk("%s queue=%u index=%u tag=%u opcode=%u flags=%#x length=%u aad=%u",
		      __get_str(device), __entry->queue, __entry->index,
		      __entry->tag, __entry->opcode, __entry->flags,
		      __entry->length, __entry->aad_length)
);

TRACE_EVENT(pce_doorbell,
	    TP_PROTO(const struct pce_queue *q, u32 tail),
	    TP_ARGS(q, tail),
	    TP_STRUCT__entry(__string(device, q->name)
			 __field(unsigned int, queue)
			     __field(u32, tail)),
	    TP_fast_assign(__assign_str(device);
		       __entry->queue = q->id;
			   __entry->tail = tail),
	    TP_printk("%s queue=%u tail=%u", __get_str(device), __entry->queue,
		      __entry->tail)
);

TRACE_EVENT(pce_irq,
	    TP_PROTO(const struct pce_queue *q),
	    TP_ARGS(q),
	    TP_STRUCT__entry(__string(device, q->name)
			 __field(unsigned int, queue)),
	    TP_fast_assign(__assign_str(device);
		       __entry->queue = q->id),
	    TP_printk("%s queue=%u", __get_str(device), __entry->queue)
);

DECLARE_EVENT_CLASS(pce_completion,
		    TP_PROTO(const struct pce_queue *q, u32 cq_index,
			     const struct pce_cqe *cqe),
		    TP_ARGS(q, cq_index, cqe),
		    TP_STRUCT__entry(__string(device, q->name)
				 __field(unsigned int, queue)
				     __field(u32, cq_index)
				     __field(u32, index)
				     __field(u32, length)
				     __field(u32, detail)
				     __field(u16, tag)
				     __field(u8, status)),
		    TP_fast_assign(__assign_str(device);
			       __entry->queue = q->id;
				   __entry->cq_index = cq_index;
				   __entry->index = le32_to_cpu(cqe->index);
				   __entry->length = le32_to_cpu(cqe->length);
				   __entry->detail = le32_to_cpu(cqe->detail);
				   __entry->tag = FIELD_GET(PCE_CQE_TAG,
							    le32_to_cpu(cqe->ctrl));
				   __entry->status = FIELD_GET(PCE_CQE_STATUS,
							       le32_to_cpu(cqe->ctrl))),
		    TP_printk("%s queue=%u index=%u tag=%u completion=%u status=%#x detail=%#x length=%u",
			      __get_str(device), __entry->queue,
			      __entry->index, __entry->tag,
			      __entry->cq_index, __entry->status,
			      __entry->detail, __entry->length)
);

DEFINE_EVENT(pce_completion, pce_complete,
	     TP_PROTO(const struct pce_queue *q, u32 cq_index,
		      const struct pce_cqe *cqe),
	     TP_ARGS(q, cq_index, cqe)
);

/* One that ends no job */
DEFINE_EVENT(pce_completion, pce_false_completion,
	     TP_PROTO(const struct pce_queue *q, u32 cq_index,
		      const struct pce_cqe *cqe),
	     TP_ARGS(q, cq_index, cqe)
);

TRACE_EVENT(pce_fallback,
	    TP_PROTO(const struct pce_request *req, enum pce_counter reason),
	    TP_ARGS(req, reason),
	    TP_STRUCT__entry(__string(driver,
				      crypto_tfm_alg_driver_name(req->base->tfm))
			     __field(u32, length)
			     __string(reason, pce_counter_names[reason])),
	    TP_fast_assign(__assign_str(driver);
			   __entry->length = req->job.length;
			   __assign_str(reason)),
	    TP_printk("%s length=%u reason=%s", __get_str(driver),
		      __entry->length, __get_str(reason))
);

/* A device, from one state to another one */
TRACE_EVENT(pce_state,
	    TP_PROTO(const char *device, const char *from, const char *to),
	    TP_ARGS(device, from, to),
	    TP_STRUCT__entry(__string(device, device)
			     __string(from, from)
			     __string(to, to)),
	    TP_fast_assign(__assign_str(device);
			   __assign_str(from);
			   __assign_str(to)),
	    TP_printk("%s from=\"%s\" to=\"%s\"", __get_str(device),
		      __get_str(from), __get_str(to))
);

/* Of a queue pair, or with -1 of the whole device */
TRACE_EVENT(pce_reset,
	    TP_PROTO(const char *device, int queue, const char *reason),
	    TP_ARGS(device, queue, reason),
	    TP_STRUCT__entry(__string(device, device)
			     __field(int, queue)
			     __string(reason, reason)),
	    TP_fast_assign(__assign_str(device);
			   __entry->queue = queue;
			   __assign_str(reason)),
	    TP_printk("%s queue=%d reason=%s", __get_str(device),
		      __entry->queue, __get_str(reason))
);

#endif /* PCE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE pce_trace
#include <trace/define_trace.h>
