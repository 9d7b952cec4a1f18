# shellcheck shell=sh disable=SC2034 # what the scripts in ../common know of this board
family=qemu-x86_64
bootloader=grub
kernel=bzImage
console="console=tty1 console=ttyS0,115200"
boot=8d6a3b10-77f1-4f0e-9c57-4e1d52a6b001
slot_a=8d6a3b10-77f1-4f0e-9c57-4e1d52a6b002
slot_b=8d6a3b10-77f1-4f0e-9c57-4e1d52a6b003
data=8d6a3b10-77f1-4f0e-9c57-4e1d52a6b004
# Writable only while grub-editenv writes what GRUB counts.
boot_options=ro
