# Chooses the slot that is started, and counts how often that was tried. RAUC writes the same names:
# BOOT_ORDER, and BOOT_A_LEFT and BOOT_B_LEFT, the tries that are left. `workmate-confirm` gives a slot
# its three tries back once the daemon is well. A slot whose kernel cannot be read costs its tries too.
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "A B"
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3

for slot in ${BOOT_ORDER}; do
	setenv part
	if test "${slot}" = "A" && test ${BOOT_A_LEFT} -gt 0; then
		setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1
		setenv part 2
	fi
	if test "${slot}" = "B" && test ${BOOT_B_LEFT} -gt 0; then
		setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1
		setenv part 3
	fi
	if test -n "${part}"; then
		# Counted before it is tried: what hangs must not be tried for ever.
		saveenv
		echo "Starting slot ${slot}"
		part uuid ${devtype} ${devnum}:${part} uuid
		setenv bootargs "root=PARTUUID=${uuid} ro rootwait panic=10 rauc.slot=${slot} @CONSOLE@"
		if load ${devtype} ${devnum}:${part} ${kernel_addr_r} boot/@KERNEL@; then
			booti ${kernel_addr_r} - ${fdt_addr}
		fi
	fi
done

echo "No slot is left to try: all of them again"
setenv BOOT_ORDER "A B"
setenv BOOT_A_LEFT 3
setenv BOOT_B_LEFT 3
saveenv
sleep 5
reset
