# The make targets of a kernel source tree, answered from files that were built elsewhere: image, System.map,
# config and modules lie beside this Makefile. So a repackaged kernel goes through the same recipe.

root := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
release := $(shell cat $(root)/release)
MODLIB = $(INSTALL_MOD_PATH)/lib/modules/$(release)

.PHONY: olddefconfig prepare bzImage Image modules install modules_install kernelrelease

olddefconfig prepare:

bzImage Image:
	cp $(root)/image $(O)/$@
	cp $(root)/System.map $(O)/System.map

modules:
	cp -r $(root)/modules $(O)/modules

install:
	$(HOME)/bin/installkernel $(release) $(firstword $(wildcard $(O)/bzImage $(O)/Image)) $(O)/System.map $(INSTALL_PATH)

modules_install:
	mkdir -p $(dir $(MODLIB))
	cp -r $(O)/modules $(MODLIB)
	depmod -b $(INSTALL_MOD_PATH) $(release)

kernelrelease:
	@echo $(release)
