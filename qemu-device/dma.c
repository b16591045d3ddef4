/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: access to guest memory.
 *
 * The device reaches RAM and nothing else.  Reads carry the attribute "memory";
 * mappings ignore it, but a mapping of anything but RAM needs a bounce buffer,
 * and there is none (see pce_realize()).
 *
 * Everything here runs in a worker that holds its lock, without the BQL; behind
 * an IOMMU with it.  There a pointer into guest memory is good while the BQL is
 * held, and no longer: whoever invalidates a translation holds the BQL, too, so
 * that it waits for the accesses of before, and what comes later is translated
 * anew.
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "exec/address-spaces.h"
#include "pce.h"
#include "trace.h"

static const MemTxAttrs dma_attrs = { .memory = 1 };

static AddressSpace *dma_as(PceState *s)
{
    return pci_get_address_space(PCI_DEVICE(s));
}

static void *dma_map(PceState *s, uint64_t addr, uint64_t *length, bool write)
{
    hwaddr len = *length;
    void *host;

    if (len == 0 || addr + (len - 1) < addr) {
        return NULL;
    }
    host = address_space_map(dma_as(s), addr, &len, write, dma_attrs);
    if (!host) {
        trace_pce_dma_refused(addr, *length, write);
        return NULL;
    }
    *length = len;
    return host;
}

static void dma_unmap(PceState *s, void *host, uint64_t length, bool write,
                      uint64_t accessed)
{
    address_space_unmap(dma_as(s), host, length, write, accessed);
}

/* For the executor: the opaque pointer is the worker */

static void *memory_map(void *opaque, uint64_t addr, uint64_t *length,
                        bool write)
{
    PceWorker *w = opaque;
    void *host;

    if (likely(w->dma.action == PCE_FAULT_NONE)) {
        return dma_map(w->s, addr, length, write);
    }
    if (pce_fault_dma_aborts(&w->dma, write)) {
        return NULL;
    }
    host = write ? pce_fault_dma_scratch(w->s, &w->dma, addr, length) : NULL;
    if (!host) {
        host = dma_map(w->s, addr, length, write);
    }
    if (host && write) {
        pce_fault_dma_written(&w->dma, addr, *length);
    }
    return host;
}

static void memory_unmap(void *opaque, void *host, uint64_t length, bool write,
                         uint64_t accessed)
{
    PceWorker *w = opaque;

    if (unlikely(pce_fault_dma_is_scratch(&w->dma, host))) {
        return;
    }
    dma_unmap(w->s, host, length, write, accessed);
}

/* An IOMMU may allow writing and forbid reading */
static bool memory_readable(void *opaque, uint64_t addr, uint64_t length)
{
    PceWorker *w = opaque;
    uint64_t got = length;
    void *host;

    if (likely(!w->s->iommu)) {
        return true;
    }
    host = dma_map(w->s, addr, &got, false);
    if (host) {
        dma_unmap(w->s, host, got, false, 0);
    }
    return host && got == length;
}

static int memory_read(void *opaque, uint64_t addr, void *buf, uint64_t length)
{
    PceWorker *w = opaque;

    if (length == 0) {
        return 0;
    }
    if (addr + (length - 1) < addr ||
        pce_fault_dma_aborts(&w->dma, false) ||
        address_space_read(dma_as(w->s), addr, dma_attrs, buf,
                           length) != MEMTX_OK) {
        trace_pce_dma_refused(addr, length, false);
        return -1;
    }
    return 0;
}

const struct pce_memory pce_dma_memory = {
    .map = memory_map,
    .unmap = memory_unmap,
    .readable = memory_readable,
    .read = memory_read,
};

/* Turn a bit over */
void pce_dma_flip(PceState *s, uint64_t addr, unsigned int bit)
{
    uint64_t length = 1;
    uint8_t *p = dma_map(s, addr, &length, true);

    if (p) {
        *p ^= 1u << bit;
        dma_unmap(s, p, length, true, length);
    }
}

/*
 * A window keeps a pointer where the address is plain RAM.  It is closed when
 * the memory map changes.  Where it is not plain RAM, behind an IOMMU for one,
 * each access is translated anew.
 */
bool pce_window_open(PceState *s, PceWindow *w, hwaddr addr, hwaddr len,
                     bool is_write)
{
    int64_t got;

    if (w->open) {
        return true;
    }
    if (addr + (len - 1) < addr) {
        return false;
    }
    got = address_space_cache_init(&w->cache, dma_as(s), addr, len, is_write);
    w->direct = got == len && w->cache.ptr;
    if (!w->direct) {
        address_space_cache_destroy(&w->cache);
    }
    w->addr = addr;
    w->open = true;
    return true;
}

void pce_window_close(PceWindow *w)
{
    if (w->open && w->direct) {
        address_space_cache_destroy(&w->cache);
    }
    w->open = false;
}

/*
 * The bytes lie within an aligned 4 KiB, which no RAM splits: either all of
 * them can be mapped or the address is bad.
 */
void *pce_window_get(PceState *s, PceWindow *w, hwaddr offset, hwaddr len,
                     bool is_write)
{
    uint64_t got = len;
    void *host;

    if (likely(w->direct)) {
        /* Nothing at all but in a QEMU that is fuzzed */
        fuzz_dma_read_cb(w->addr + offset, len, w->cache.mrs.mr);
        return (uint8_t *)w->cache.ptr + offset;
    }
    host = dma_map(s, w->addr + offset, &got, is_write);
    if (host && got != len) {
        dma_unmap(s, host, got, is_write, 0);
        return NULL;
    }
    return host;
}

void pce_window_put(PceState *s, PceWindow *w, void *host, hwaddr len,
                    bool is_write)
{
    if (unlikely(!w->direct)) {
        dma_unmap(s, host, len, is_write, len);
    } else if (is_write) {
        address_space_cache_invalidate(&w->cache,
                                       (uint8_t *)host -
                                       (uint8_t *)w->cache.ptr, len);
    }
}
