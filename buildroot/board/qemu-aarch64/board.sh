# shellcheck shell=sh disable=SC2034 # what the scripts in ../common know of this board
family=qemu-aarch64
bootloader=uboot
kernel=Image
console="console=ttyAMA0"
boot=8d6a3b10-77f1-4f0e-9c57-4e1d52a6b001
slot_a=8d6a3b10-77f1-4f0e-9c57-4e1d52a6b002
slot_b=8d6a3b10-77f1-4f0e-9c57-4e1d52a6b003
data=8d6a3b10-77f1-4f0e-9c57-4e1d52a6b004
# U-Boot keeps what it counts in two files there, of which one is always whole.
boot_options=rw,sync
