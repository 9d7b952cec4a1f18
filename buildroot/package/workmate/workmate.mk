################################################################################
#
# workmate
#
################################################################################

# The tree that this folder lies in, so that an image holds what was checked
# out beside it.
WORKMATE_SITE = $(BR2_EXTERNAL_WORKMATE_PATH)/..
WORKMATE_SITE_METHOD = local
WORKMATE_VERSION := $(shell sed -n '/^version = /{s/.*"\(.*\)"/\1/p;q}' \
	$(BR2_EXTERNAL_WORKMATE_PATH)/../Cargo.toml)
WORKMATE_LICENSE = Apache-2.0
WORKMATE_LICENSE_FILES = LICENSE
WORKMATE_DEPENDENCIES = host-pkgconf tesseract-ocr
WORKMATE_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = \
	--exclude /target --exclude /demo-data --exclude /buildroot \
	--exclude /tests/live/.cache

# As the release profile in Cargo.toml: two programs of one library, from which
# the linker drops what each does not reach.
WORKMATE_CARGO_ENV = \
	PKG_CONFIG_ALLOW_CROSS=1 \
	CARGO_PROFILE_RELEASE_LTO=thin \
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS=4

# Buildroot vendors the crates of what it downloads, and a local tree is not
# downloaded. Cargo.lock holds the SHA-256 of each crate, and cargo takes no
# other. What was fetched once stays in BR2_DL_DIR.
define WORKMATE_VENDOR_CRATES
	mkdir -p $(@D)/.cargo
	cd $(@D) && \
		$(TARGET_MAKE_ENV) $(PKG_COMMON_CARGO_ENV) \
		cargo vendor --locked VENDOR >.cargo/config.toml
endef
WORKMATE_PRE_CONFIGURE_HOOKS += WORKMATE_VENDOR_CRATES

define WORKMATE_INSTALL_CONFIG
	$(INSTALL) -D -m 0640 $(@D)/config/workmate.toml \
		$(TARGET_DIR)/etc/workmate/workmate.toml
endef
WORKMATE_POST_INSTALL_TARGET_HOOKS += WORKMATE_INSTALL_CONFIG

# The repository's unit, with this path, and with the user below in place of
# one that exists only while it runs.
define WORKMATE_INSTALL_INIT_SYSTEMD
	mkdir -p $(TARGET_DIR)/usr/lib/systemd/system
	sed -e 's|^\(Exec[A-Z][a-z]*=\)/usr/local/bin/|\1/usr/bin/|' \
		-e '/^# A user that exists only while it runs/,/^DynamicUser=yes$$/d' \
		$(@D)/systemd/workmate.service \
		>$(TARGET_DIR)/usr/lib/systemd/system/workmate.service
endef

define WORKMATE_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(WORKMATE_PKGDIR)/S80workmate \
		$(TARGET_DIR)/etc/init.d/S80workmate
endef

define WORKMATE_USERS
	workmate -1 workmate -1 * /var/lib/workmate - - workmate
endef

# An address in it may hold a password.
define WORKMATE_PERMISSIONS
	/etc/workmate/workmate.toml f 640 root workmate - - - - -
endef

$(eval $(cargo-package))
