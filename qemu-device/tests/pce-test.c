/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI Crypto Engine: qtest.  Each test runs with exec=inline and exec=auto.
 */
#include "qemu/osdep.h"
#include "hw/crypto/pce/tests/pce-test.h"

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    pce_test_add_regs();
    pce_test_add_queue();
    pce_test_add_request();
    pce_test_add_cipher();
    pce_test_add_aead();
    pce_test_add_hash();
    pce_test_add_reset();
    pce_test_add_irq();
    pce_test_add_iommu();
    pce_test_add_exec();
    pce_test_add_pace();
    pce_test_add_fault();
    pce_test_add_unplug();
    pce_test_add_wipe();
    pce_test_add_migrate();
    pce_test_add_stream();
    return g_test_run();
}
