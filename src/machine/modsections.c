// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the sections of modules' files were loaded.
//
// The kernel keeps that for /sys/module/NAME/sections: module.sect_attrs has a list of
// pointers to attributes, NULL at its end, each with a section's name.  The address is in
// the attribute itself (bin_attribute.private) since 6.14, before that in the struct
// module_sect_attr around it.  Sections that were freed after loading stay in the list:
// only those in the text that the module still has are looked at.
//
// The build-id is in struct module where CONFIG_STACKTRACE_BUILD_ID is set, and always in
// a note section.
//
// Source: kernel/module/sysfs.c of 6.1, 6.12 and 7.2, lib/buildid.c; checked on the
// lab's dumps.

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "rewalk/bytes.h"
#include "rewalk/vector.h"

#include "machine_private.h"

enum { MAX_SECTIONS = 4096, MAX_NOTES = 8, NOTE_HEADER = 12 };

/** A string of the kernel's, cut to fit; false if its first byte is not there. */
static bool read_string(struct rw_machine *m, uint64_t addr, char *buf, size_t size)
{
	size_t i = 0;

	for (; i < size - 1 && rw_space_read(&m->space, addr + i, &buf[i], 1) && buf[i]; i++)
		;
	buf[i] = '\0';
	return i;
}

static bool read_section(struct rw_machine *m, uint64_t attribute, struct module_section *ret)
{
	const struct offsets *o = &m->o;
	uint64_t name, addr;
	bool got = machine_member(m, attribute, o->bin_name, &name);

	if (o->sect_address.size)
		got = got && machine_member(m, attribute - o->sect_battr.offset, o->sect_address,
					    &addr);
	else
		got = got && machine_member(m, attribute, o->bin_private, &addr);
	if (!got || !read_string(m, name, ret->name, sizeof(ret->name)))
		return false;
	ret->addr = addr;
	return true;
}

/** The build-id in the notes at @addr. */
static void read_notes(struct rw_machine *m, struct module *module, uint64_t addr)
{
	for (int i = 0; i < MAX_NOTES; i++) {
		uint8_t header[NOTE_HEADER], name[4];

		if (!rw_space_read(&m->space, addr, header, sizeof(header)))
			return;
		uint32_t name_size = rw_get_le32(header), size = rw_get_le32(header + 4);
		uint64_t desc = addr + NOTE_HEADER + (((uint64_t)name_size + 3) & ~UINT64_C(3));
		if (name_size > 64 || size > 4096)
			return;
		if (rw_get_le32(header + 8) == NT_GNU_BUILD_ID && name_size == sizeof(name) &&
		    size && size <= sizeof(module->build_id) &&
		    rw_space_read(&m->space, addr + NOTE_HEADER, name, sizeof(name)) &&
		    !memcmp(name, ELF_NOTE_GNU, sizeof(name)) &&
		    rw_space_read(&m->space, desc, module->build_id, size)) {
			module->build_id_size = size;
			return;
		}
		addr = desc + (((uint64_t)size + 3) & ~UINT64_C(3));
	}
}

static void read_build_id(struct rw_machine *m, struct module *module)
{
	const struct member *member = &m->o.mod_build_id;
	static const uint8_t none[sizeof(module->build_id)];

	if (member->size && member->size <= sizeof(module->build_id) &&
	    rw_space_read(&m->space, module->address + member->offset, module->build_id,
			  member->size) &&
	    memcmp(module->build_id, none, member->size)) {
		module->build_id_size = member->size;
		return;
	}
	for (size_t i = 0; i < module->sections.nr && !module->build_id_size; i++)
		if (!strncmp(module->sections.data[i].name, ".note", 5))
			read_notes(m, module, module->sections.data[i].addr);
}

static void read_sections(struct rw_machine *m, struct module *module)
{
	const struct offsets *o = &m->o;
	uint64_t attrs, list, attribute;

	module->sections_read = true;
	if (machine_member(m, module->address, o->mod_sect_attrs, &attrs) && attrs &&
	    machine_member(m, attrs, o->sect_bin_attrs, &list))
		for (size_t i = 0; i < MAX_SECTIONS; i++) {
			struct module_section section;

			if (!rw_space_read_uint(&m->space, list + 8 * i, 8, &attribute) ||
			    !attribute)
				break;
			if (!read_section(m, attribute, &section))
				continue;
			struct module_section *to = rw_vector_push(&module->sections);
			if (!to)
				break;
			*to = section;
		}
	read_build_id(m, module);
}

static struct module *module_of(struct rw_machine *m, uint64_t addr)
{
	const struct rw_text_range *range = rw_kernel_more_text(&m->kernel, addr);
	int index = range ? m->text.data[range - m->ranges].module : -1;

	return index >= 0 ? &m->modules.data[index] : NULL;
}

bool rw_machine_find_place(void *machine, uint64_t addr, struct rw_module_place *ret)
{
	struct rw_machine *m = machine;
	struct module *module = module_of(m, addr);
	const struct module_section *found = NULL;

	if (!module)
		return false;
	if (!module->sections_read)
		read_sections(m, module);
	int init = addr >= module->text[1].start && addr < module->text[1].end;
	for (size_t i = 0; i < module->sections.nr; i++) {
		const struct module_section *section = &module->sections.data[i];

		// No two begin at one place: the kernel does not list empty ones.
		if (section->addr >= module->text[init].start && section->addr <= addr &&
		    (!found || section->addr >= found->addr))
			found = section;
	}
	*ret = (struct rw_module_place){
		.module = module->name,
		.build_id = module->build_id_size ? module->build_id : NULL,
		.build_id_size = module->build_id_size,
		.section = found ? found->name : NULL,
		.offset = found ? addr - found->addr : 0,
	};
	return true;
}
