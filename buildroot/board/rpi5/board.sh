# shellcheck shell=sh disable=SC2034 # what the scripts in ../common know of this board
family=rpi
bootloader=uboot
kernel=Image
console="console=tty1 console=ttyAMA10,115200"
boot=576d0001-01
slot_a=576d0001-02
slot_b=576d0001-03
data=576d0001-04
# U-Boot keeps what it counts outside of every file system.
boot_options=ro
