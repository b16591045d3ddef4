# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the guest runner and the tests use; everything else is left out of QEMU.

# The machine: PCI Express with hot-plug and an IOMMU.
CONFIG_Q35=y
CONFIG_PCIE_PORT=y
CONFIG_IOH3420=y
CONFIG_VTD=y

# The engine.
CONFIG_PCE=y

# Around it: the guest's file systems, console, network, and the engine that
# QEMU has of its own, to compare with.
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_9P=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_CRYPTO=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_RNG=y
CONFIG_VIRTIO_SERIAL=y

# For tests: an exit status from the guest, and an I/O-only PCI function.
CONFIG_ISA_DEBUG=y
CONFIG_PCI_TESTDEV=y
