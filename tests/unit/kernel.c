// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an image tells of its kernel's unwinder: the generation by types and symbols,
// options by the walker's machine code and by the release, the layout or that it is not
// told; and what is its text.  The instructions are those of Debian's kernels, as objdump
// shows them.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef HAVE_LIBBPF
#include <bpf/btf.h>
#endif

#include "rewalk/error.h"
#include "rewalk/kernel.h"

#include "mkelf.h"

#define TEXT	UINT64_C(0xffff800080010000)
#define RODATA	UINT64_C(0xffff800081000000)
#define SLOT	UINT64_C(0x100)			/* from one function to the next */
#define AT(slot)	(TEXT + (slot) * SLOT)

/* Slots; the symbol after the last one bounds it. */
enum { FIND, GRAPH, WALK, STEP, OTHER, TABLE_ENTRY, NR_SLOTS, MAX_SYMBOLS = 24 };

#define BL(slot, i, to)	\
	(0x94000000 | (uint32_t)((((to) - (slot)) * (int64_t)SLOT / 4 - (int64_t)(i)) & 0x03ffffff))
#define NOP		0xd503201f
#define XPACLRI		0xd50320ff
#define RET		0xd65f03c0
#define STR_X0_X19_8	0xf9000660
#define STUR_X0_X29	0xf81503a0
#define STR_X1_X19_8	0xf9000661
#define MOV_X1_X0	0xaa0003e1
#define MOV_X0_X20	0xaa1403e0
#define CBZ_X0		0xb4fff480
#define CBZ_X1		0xb4fff481
#define CBNZ_X0		0xb5fff2e0
#define CBZ_W0		0x34000040
#define B		0x17fffff0

struct kernel_image {
	uint8_t text[NR_SLOTS * 0x100];
	char banner[64];
	void *btf;
	uint32_t btf_size;
	struct mk_symbol symbols[MAX_SYMBOLS];
	size_t nr_symbols;
	bool table;
	struct rw_image *image;
	struct rw_kernel kernel;
};

static void add_symbol(struct kernel_image *k, const char *name, uint64_t addr)
{
	assert_true(k->nr_symbols + 1 < MAX_SYMBOLS);
	k->symbols[k->nr_symbols++] = (struct mk_symbol){ name, addr, 8, STT_FUNC, STB_GLOBAL,
							  addr < RODATA ? ".text" : ".rodata" };
}

/** A kernel of @release, without types or walker. */
static void make(struct kernel_image *k, const char *release)
{
	memset(k, 0, sizeof(*k));
	snprintf(k->banner, sizeof(k->banner), "Linux version %s (a@b) #1\n", release);
	add_symbol(k, "_text", TEXT);
	add_symbol(k, "_stext", TEXT);
	add_symbol(k, "_etext", TEXT + sizeof(k->text));
	add_symbol(k, "_end", RODATA + 0x10000);
	add_symbol(k, "linux_banner", RODATA);
	add_symbol(k, "ptrauth_prctl_reset_keys", AT(TABLE_ENTRY) + 0x80);
	add_symbol(k, "kretprobe_find_ret_addr", AT(FIND));
	add_symbol(k, "ftrace_graph_ret_addr", AT(GRAPH));
}

/** A function of these instructions; more NOPs up to the next slot. */
static void put_code(struct kernel_image *k, unsigned int slot, const char *name,
		     const uint32_t *words, size_t nr)
{
	for (size_t i = 0; i < SLOT / 4; i++) {
		uint32_t word = i < nr ? words[i] : NOP;

		for (int byte = 0; byte < 4; byte++)
			k->text[slot * SLOT + 4 * i + byte] = word >> 8 * byte;
	}
	add_symbol(k, name, AT(slot));
}

static void open_it(struct kernel_image *k, const struct rw_kernel_facts *facts)
{
	static const uint64_t entry[] = { AT(TABLE_ENTRY), AT(TABLE_ENTRY) + 8 };
	struct mk_section sections[6] = {
		{ ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, TEXT, k->text,
		  sizeof(k->text) },
		{ ".rodata", SHT_PROGBITS, SHF_ALLOC, RODATA, k->banner, sizeof(k->banner) },
	};
	size_t nr = 2;

	if (k->table)
		sections[nr++] = (struct mk_section){ "sym_code_functions", SHT_PROGBITS, SHF_ALLOC,
						      RODATA + 0x1000, entry, sizeof(entry) };
	if (k->btf)
		sections[nr] = (struct mk_section){ ".BTF", SHT_PROGBITS, SHF_ALLOC,
						    RODATA + 0x2000, k->btf, k->btf_size };
	size_t size;
	uint8_t *bytes = mk_elf(&(struct mk_elf){ .sections = sections, .symbols = k->symbols },
				&size);
	char *path = mk_file(bytes, size);
	struct rw_error *err = rw_image_open(path, &k->image);

	if (!err)
		err = rw_kernel_init(k->image, facts, 0, &k->kernel);
	if (err)
		fail_msg("%s", err->message);
	unlink(path);
	free(path);
	free(bytes);
}

static void close_it(struct kernel_image *k)
{
	rw_image_close(k->image);
	free(k->btf);
}

#ifdef HAVE_LIBBPF
/** "type: member member*" for each of up to 8 structs; a star: a pointer to a word. */
static void put_types(struct kernel_image *k, const char *const *types)
{
	struct btf *btf = btf__new_empty();
	int word = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	int pointer = btf__add_ptr(btf, word);
	int entry = btf__add_struct(btf, "ftrace_ret_stack", 8);
	btf__add_field(btf, "ret", word, 0, 0);
	int entries = btf__add_ptr(btf, entry);

	for (; *types; types++) {
		char buf[256], *rest = buf, *member;

		snprintf(buf, sizeof(buf), "%s", *types);
		btf__add_struct(btf, strsep(&rest, ":"), 320);
		for (unsigned int i = 0; (member = strsep(&rest, " "));) {
			size_t length = strlen(member);
			int type = word;

			if (!length)
				continue;
			if (member[length - 1] == '*' || member[length - 1] == '@') {
				type = member[length - 1] == '*' ? pointer : entries;
				member[length - 1] = '\0';
			}
			btf__add_field(btf, member, type, 64 * i++, 0);
		}
	}
	const void *raw = btf__raw_data(btf, &k->btf_size);
	assert_non_null(raw);
	k->btf = malloc(k->btf_size);
	assert_non_null(k->btf);
	memcpy(k->btf, raw, k->btf_size);
	btf__free(btf);
}

#define REGS "pt_regs: regs pc stackframe"

/** The rows of the table by which a generation is told, each of a kernel that has less. */
static void test_generations(void **unused)
{
	static const struct {
		const char *model, *types[8], *symbol;
		bool table;
	} rows[] = {
		{ "linux-6.17", { "frame_record_meta: type", "kunwind_state: common", REGS,
				  "task_struct: ret_stack*" }, "arch_stack_walk_reliable", false },
		{ "linux-6.13", { "frame_record_meta: type", "kunwind_state: common", REGS,
				  "task_struct: ret_stack*" }, NULL, false },
		{ "linux-6.11", { "kunwind_state: common", REGS, "task_struct: ret_stack*",
				  "unwind_state: stacks nr_stacks" }, NULL, false },
		{ "linux-6.8", { "kunwind_state: common", REGS, "task_struct: ret_stack@" }, NULL,
		  false },
		{ "linux-6.1", { "unwind_state: stacks nr_stacks", "task_struct: ret_stack@" },
		  NULL,
		  false },
		{ "linux-5.16", { "unwind_state: stacks_done", "task_struct: ret_stack@" }, NULL,
		  false },
		{ "linux-5.16", { "stackframe: stacks_done kr_cur" }, NULL, false },
		{ "linux-5.16", { "stackframe: stacks_done", "task_struct: ret_stack@" }, NULL,
		  false },
		{ "linux-5.14", { "stackframe: stacks_done graph", "task_struct: ret_stack@",
				  "secondary_data: task" }, NULL, false },
		{ "linux-5.10", { "stackframe: stacks_done graph", "task_struct: ret_stack@",
				  "secondary_data: stack task" }, NULL, false },
		{ "rfc-v7", { "stackframe: stacks_done need_reliable failed" }, NULL, true },
		{ "rfc-v14", { "unwind_state: stacks_done reliable" }, NULL, true },
		{ "rfc-v12", { "stackframe: failed cookie kr_cur" }, NULL, true },
		{ "rfc-v13", { "stackframe: failed task kr_cur" }, NULL, true },
		{ "rfc-v11", { "stackframe: failed kr_cur" }, NULL, true },
		{ "rfc-v9", { "stackframe: failed" }, NULL, true },
		{ "rfc-v4", { "stackframe: reliable" }, NULL, true },
		{ "rfc-v6", { "stackframe: stacks_done", "secondary_data: stack" }, NULL, true },
		{ NULL, { "task_struct: ret_stack@" }, NULL, false },
		{ NULL, { "task_struct: ret_stack@" }, "arch_stack_walk_reliable", false },
		{ NULL, { "task_struct: ret_stack@" }, NULL, true },
	};
	const struct rw_kernel_facts facts = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kernel_image k;

		// A release that says otherwise is not asked.
		make(&k, rows[i].model && !strcmp(rows[i].model, "linux-6.1") ? "6.17.0" : "6.1.0");
		put_types(&k, rows[i].types);
		if (rows[i].symbol)
			add_symbol(&k, rows[i].symbol, AT(OTHER));
		k.table = rows[i].table;
		open_it(&k, &facts);
		const char *got = k.kernel.auto_model ? k.kernel.auto_model->name : "none";
		if (strcmp(got, rows[i].model ? rows[i].model : "none"))
			fail_msg("row %zu: %s (%s), not %s", i, got, k.kernel.auto_why,
				 rows[i].model ? rows[i].model : "none");
		assert_true(*k.kernel.auto_why);
		close_it(&k);
	}
}

static const char *const types_6_1[] = { "unwind_state: stacks nr_stacks", REGS,
					 "thread_struct: keys_kernel", NULL };
static const char *const types_6_11[] = { "kunwind_state: common", "task_struct: ret_stack*",
					  REGS, "thread_struct: keys_kernel", NULL };
static const char *const types_5_10[] = { "stackframe: stacks_done graph", REGS,
					  "secondary_data: stack", NULL };

static void assert_option(const char *what, const struct rw_kernel *k,
			  enum rw_model_option option, bool on, enum rw_option_from from)
{
	const struct rw_model *model = k->auto_model;

	assert_non_null(model);
	bool is = rw_kernel_options(k, model) & option;
	if (is != on || rw_kernel_option_from(k, model, option) != from)
		fail_msg("%s: %s: %s is %d, from %s", what, model->name, rw_option_name(option), is,
			 rw_option_from_name(rw_kernel_option_from(k, model, option)));
}

/** What the walkers of kernels look like around the call. */
static void test_zero_check_by_code(void **unused)
{
	static const struct {
		const char *name;
		uint32_t after[8];
		enum rw_tri zero_check;
	} rows[] = {
		// 6.1.192
		{ "unwind_next", { STR_X0_X19_8, B }, RW_NO },
		// 6.12.118 and 7.2.13
		{ "arch_stack_walk", { MOV_X1_X0, CBZ_X0, STUR_X0_X29, B }, RW_YES },
		{ "arch_stack_walk", { CBZ_X0, STUR_X0_X29 }, RW_YES },
		{ "kunwind_next", { MOV_X1_X0, CBNZ_X0, B }, RW_YES },
		{ "kunwind_recover_return_address", { MOV_X1_X0, NOP, CBZ_X1 }, RW_UNKNOWN },
		{ "unwind_frame", { MOV_X1_X0, CBZ_X1 }, RW_YES },
		{ "unwind_next", { MOV_X1_X0, STR_X1_X19_8 }, RW_NO },
		// The result is gone, or something else is compared.
		{ "unwind_next", { MOV_X0_X20, CBZ_X0 }, RW_UNKNOWN },
		{ "unwind_next", { MOV_X0_X20, STR_X0_X19_8 }, RW_UNKNOWN },
		{ "unwind_next", { CBZ_X1, STR_X0_X19_8 }, RW_UNKNOWN },
		{ "unwind_next", { CBZ_W0 }, RW_UNKNOWN },
		{ "unwind_next", { RET }, RW_UNKNOWN },
		{ "unwind_next", { STR_X1_X19_8, STR_X1_X19_8, STR_X1_X19_8, STR_X1_X19_8,
				   STR_X1_X19_8, STR_X1_X19_8, CBZ_X0 }, RW_UNKNOWN },
		{ "some_function", { CBZ_X0 }, RW_UNKNOWN },
	};
	const struct rw_kernel_facts facts = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t words[10] = { NOP, BL(WALK, 1, FIND) };
		struct kernel_image k;
		char what[64];

		memcpy(words + 2, rows[i].after, sizeof(rows[i].after));
		// A release that says the opposite.
		make(&k, rows[i].zero_check == RW_NO ? "6.12.43" : "6.12.42");
		put_types(&k, types_6_11);
		put_code(&k, WALK, rows[i].name, words, 10);
		add_symbol(&k, "the_next", AT(STEP));
		open_it(&k, &facts);
		snprintf(what, sizeof(what), "row %zu, %s", i, rows[i].name);
		assert_option(what, &k.kernel, RW_OPTION_KRETPROBE_ZERO_CHECK,
			      rows[i].zero_check == RW_YES,
			      rows[i].zero_check == RW_UNKNOWN ? RW_OPTION_BY_RELEASE :
								 RW_OPTION_BY_CODE);
		close_it(&k);
	}
}

/** Two calls that say different things; a call behind the end of the function. */
static void test_zero_check_unclear(void **unused)
{
	const uint32_t both[] = { BL(WALK, 0, FIND), CBZ_X0, BL(WALK, 2, FIND), STR_X0_X19_8 };
	const uint32_t none[] = { NOP };
	const uint32_t later[] = { BL(STEP, 0, FIND), CBZ_X0 };
	const struct rw_kernel_facts facts = { 0 };
	struct kernel_image k;

	(void)unused;
	make(&k, "6.12.43");
	put_types(&k, types_6_11);
	put_code(&k, WALK, "arch_stack_walk", both, 4);
	add_symbol(&k, "the_next", AT(STEP));
	open_it(&k, &facts);
	assert_option(k.banner, &k.kernel, RW_OPTION_KRETPROBE_ZERO_CHECK, true,
		      RW_OPTION_BY_RELEASE);
	close_it(&k);

	make(&k, "6.12.42");
	put_types(&k, types_6_11);
	put_code(&k, WALK, "arch_stack_walk", none, 1);
	put_code(&k, STEP, "the_next", later, 2);
	open_it(&k, &facts);
	assert_option(k.banner, &k.kernel, RW_OPTION_KRETPROBE_ZERO_CHECK, false,
		      RW_OPTION_BY_RELEASE);
	close_it(&k);
}

static void test_xpaclri_by_code(void **unused)
{
	const uint32_t step_mask[] = { NOP, BL(STEP, 1, GRAPH), RET };
	const uint32_t step_insn[] = { XPACLRI, BL(STEP, 1, GRAPH), RET };
	const uint32_t start_only[] = { XPACLRI, BL(WALK, 1, STEP), RET };
	const uint32_t inlined_mask[] = { XPACLRI, BL(WALK, 1, GRAPH), RET };
	const uint32_t inlined_insn[] = { XPACLRI, BL(WALK, 1, GRAPH), XPACLRI, RET };
	const struct {
		const uint32_t *walk, *step;
		size_t nr_walk;
		bool on;
	} rows[] = {
		{ start_only, step_mask, 3, false },	// 6.1.192
		{ start_only, step_insn, 3, true },
		{ inlined_mask, NULL, 3, false },
		{ inlined_insn, NULL, 4, true },
	};
	const struct rw_kernel_facts facts = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int signs = 0; signs < 2; signs++) {
			const char *types[4] = { types_6_1[0], types_6_1[1],
						 signs ? types_6_1[2] : NULL };
			bool told = signs || rows[i].on;
			struct kernel_image k;

			make(&k, rows[i].on ? "6.1.5" : "6.6.5");
			put_types(&k, types);
			put_code(&k, WALK, "arch_stack_walk", rows[i].walk, rows[i].nr_walk);
			if (rows[i].step)
				put_code(&k, STEP, "unwind_next", rows[i].step, 3);
			add_symbol(&k, "the_next", AT(rows[i].step ? OTHER : STEP));
			open_it(&k, &facts);
			assert_string_equal(k.kernel.auto_model->name, "linux-6.1");
			assert_option(rows[i].step ? "a step" : "inlined", &k.kernel,
				      RW_OPTION_XPACLRI, told ? rows[i].on : true,
				      told ? RW_OPTION_BY_CODE : RW_OPTION_BY_RELEASE);
			// Which configuration strips depends on how it does.
			struct rw_unwind_input in;
			rw_kernel_unwind_input(&k.kernel, k.kernel.auto_model, &in);
			assert_int_equal(in.ptrauth, in.options & RW_OPTION_XPACLRI && !signs ?
					 RW_NO : RW_YES);
			close_it(&k);
		}
	}
}

static void test_options_by_release(void **unused)
{
	static const struct {
		const char *const *types;
		const char *release;
		enum rw_model_option option;
		bool on;
		enum rw_option_from from;
	} rows[] = {
		{ types_6_11, "6.11.0", RW_OPTION_KRETPROBE_ZERO_CHECK, false,
		  RW_OPTION_BY_RELEASE },
		{ types_6_11, "6.12", RW_OPTION_KRETPROBE_ZERO_CHECK, false, RW_OPTION_BY_RELEASE },
		{ types_6_11, "6.12.42-a", RW_OPTION_KRETPROBE_ZERO_CHECK, false,
		  RW_OPTION_BY_RELEASE },
		{ types_6_11, "6.12.43+deb13", RW_OPTION_KRETPROBE_ZERO_CHECK, true,
		  RW_OPTION_BY_RELEASE },
		{ types_6_11, "6.15.10", RW_OPTION_KRETPROBE_ZERO_CHECK, false,
		  RW_OPTION_BY_RELEASE },
		{ types_6_11, "6.15.11", RW_OPTION_KRETPROBE_ZERO_CHECK, true,
		  RW_OPTION_BY_RELEASE },
		{ types_6_11, "6.16.1", RW_OPTION_KRETPROBE_ZERO_CHECK, false,
		  RW_OPTION_BY_RELEASE },
		{ types_6_11, "6.16.2", RW_OPTION_KRETPROBE_ZERO_CHECK, true,
		  RW_OPTION_BY_RELEASE },
		{ types_6_11, "6.18.0", RW_OPTION_KRETPROBE_ZERO_CHECK, true,
		  RW_OPTION_BY_RELEASE },
		{ types_6_11, "7.0.0", RW_OPTION_KRETPROBE_ZERO_CHECK, false,
		  RW_OPTION_BY_DEFAULT },
		{ types_6_11, "next", RW_OPTION_KRETPROBE_ZERO_CHECK, false, RW_OPTION_BY_DEFAULT },
		{ types_6_1, "6.1.192", RW_OPTION_KRETPROBE_ZERO_CHECK, false,
		  RW_OPTION_BY_DEFAULT },
		{ types_6_1, "6.3.13", RW_OPTION_XPACLRI, false, RW_OPTION_BY_RELEASE },
		{ types_6_1, "6.4.0", RW_OPTION_XPACLRI, true, RW_OPTION_BY_RELEASE },
		{ types_6_1, "5.15.9", RW_OPTION_XPACLRI, false, RW_OPTION_BY_DEFAULT },
		{ types_5_10, "5.10.200", RW_OPTION_FP_ZERO_ENDS, false, RW_OPTION_BY_RELEASE },
		{ types_5_10, "5.12.4", RW_OPTION_FP_ZERO_ENDS, true, RW_OPTION_BY_RELEASE },
		{ types_5_10, "5.12.5", RW_OPTION_FP_ZERO_ENDS, false, RW_OPTION_BY_RELEASE },
		{ types_5_10, "5.13.0", RW_OPTION_FP_ZERO_ENDS, false, RW_OPTION_BY_RELEASE },
	};
	const struct rw_kernel_facts facts = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kernel_image k;

		make(&k, rows[i].release);
		put_types(&k, rows[i].types);
		open_it(&k, &facts);
		assert_option(rows[i].release, &k.kernel, rows[i].option, rows[i].on, rows[i].from);
		close_it(&k);
	}
}

/** What the user says wins; it does not reach a model that has no such option. */
static void test_options_given(void **unused)
{
	const struct rw_kernel_facts facts = {
		.options_on = RW_OPTION_KRETPROBE_ZERO_CHECK, .options_off = RW_OPTION_XPACLRI,
	};
	struct kernel_image k;

	(void)unused;
	make(&k, "6.12.42");
	put_types(&k, types_6_11);
	open_it(&k, &facts);
	assert_option(k.banner, &k.kernel, RW_OPTION_KRETPROBE_ZERO_CHECK, true, RW_OPTION_GIVEN);
	// It is not one in which kernels of this model differ.
	assert_option(k.banner, &k.kernel, RW_OPTION_XPACLRI, true, RW_OPTION_BY_DEFAULT);
	const struct rw_model *other = rw_model_find("linux-5.10");
	assert_int_equal(rw_kernel_options(&k.kernel, other), 0);
	assert_int_equal(rw_kernel_option_from(&k.kernel, other, RW_OPTION_FP_ZERO_ENDS),
			 RW_OPTION_BY_DEFAULT);
	other = rw_model_find("linux-6.1");
	assert_int_equal(rw_kernel_options(&k.kernel, other), RW_OPTION_KRETPROBE_ZERO_CHECK);
	close_it(&k);
}
#endif

/** Without types a release is no proof of a layout: vendors carry newer walkers. */
static void test_layout_without_types(void **unused)
{
	static const struct {
		const char *release, *symbol;
		bool table;
		const char *model;
		enum rw_tri known;
		const char *auto_model;
	} rows[] = {
		{ "6.1.192", NULL, false, "linux-6.1", RW_UNKNOWN, NULL },
		{ "6.7.0", NULL, false, "linux-6.1", RW_UNKNOWN, NULL },
		{ "6.8.0", NULL, false, "linux-6.1", RW_UNKNOWN, NULL },
		{ "6.1.192", NULL, false, "linux-6.17", RW_UNKNOWN, NULL },
		{ "6.1.192", NULL, false, "rfc-v7", RW_UNKNOWN, NULL },
		{ "next", NULL, false, "linux-6.1", RW_UNKNOWN, NULL },
		{ "7.2.13", "arch_stack_walk_reliable", false, "linux-6.17", RW_YES, "linux-6.17" },
		// The layout is known then, whatever the rules are.
		{ "7.2.13", "arch_stack_walk_reliable", false, "linux-6.1", RW_YES, "linux-6.17" },
		{ "6.12.1", "arch_stack_walk_reliable", false, "linux-6.17", RW_UNKNOWN, NULL },
		{ "6.1.192", "arch_stack_walk_reliable", true, "rfc-v7", RW_YES, "rfc-v7" },
		{ "6.1.192", "arch_stack_walk_reliable", true, "linux-6.17", RW_YES, "rfc-v7" },
	};
	const struct rw_kernel_facts facts = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kernel_image k;
		struct rw_unwind_input in;

		make(&k, rows[i].release);
		if (rows[i].symbol)
			add_symbol(&k, rows[i].symbol, AT(OTHER));
		k.table = rows[i].table;
		open_it(&k, &facts);
		rw_kernel_unwind_input(&k.kernel, rw_model_find(rows[i].model), &in);
		const char *got = k.kernel.auto_model ? k.kernel.auto_model->name : "none";
		if (in.layout_known != rows[i].known ||
		    strcmp(got, rows[i].auto_model ? rows[i].auto_model : "none"))
			fail_msg("row %zu: layout known %d, auto %s", i, in.layout_known, got);
		close_it(&k);
	}
}

/* ---- text -------------------------------------------------------------------------- */

#define OF_48_BITS	UINT64_C(0xffff800000000000)	/* where the linear map ends */
#define MODULES		(OF_48_BITS + 0x1000)

/** A kernel that lies where its image says, with a module. */
static struct rw_kernel placed(const struct rw_text_range *module)
{
	return (struct rw_kernel){
		.slide_known = RW_YES, .text = TEXT, .stext = TEXT + 0x1000,
		.etext = TEXT + 0x2000, .sinittext = TEXT + 0x3000, .einittext = TEXT + 0x4000,
		.end = TEXT + 0x8000, .va_bits = 48, .va_bits_min = 48, .va_bits_max = 48,
		.more_text = module, .nr_more_text = 1,
	};
}

static void assert_text(const struct rw_kernel *k, uint64_t addr, enum rw_tri is)
{
	if (rw_kernel_is_text(k, addr) != is)
		fail_msg("%llx: %d, not %d", (unsigned long long)addr, rw_kernel_is_text(k, addr),
			 is);
}

static void test_text(void **unused)
{
	const struct rw_text_range module = { MODULES, MODULES + 0x100, "m" };
	struct rw_kernel k = placed(&module);

	(void)unused;
	static const struct {
		uint64_t start, end;
		enum rw_tri below, above;
	} rows[] = {
		{ TEXT + 0x1000, TEXT + 0x2000, RW_NO, RW_NO },
		{ TEXT + 0x3000, TEXT + 0x4000, RW_NO, RW_NO },
		// Outside the image there may be more that nobody listed.
		{ MODULES, MODULES + 0x100, RW_UNKNOWN, RW_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_text(&k, rows[i].start - 4, rows[i].below);
		assert_text(&k, rows[i].start, RW_YES);
		assert_text(&k, rows[i].end - 1, RW_YES);
		assert_text(&k, rows[i].end, rows[i].above);
	}
	// The linear map, and the user's half: never executable, or not the kernel's.
	assert_text(&k, OF_48_BITS, RW_UNKNOWN);
	assert_text(&k, OF_48_BITS - 1, RW_NO);
	assert_text(&k, UINT64_C(0xffff7fffffff0000), RW_NO);
	assert_text(&k, UINT64_C(0xffff000012345678), RW_NO);
	assert_text(&k, UINT64_C(0x0000aaaac0de0000), RW_NO);
	k.text_complete = true;
	assert_text(&k, MODULES + 0x100, RW_NO);
	assert_text(&k, MODULES, RW_YES);
}

/** Where the image lies is not known: what is in its text, and what is not, is neither. */
static void test_text_without_place(void **unused)
{
	const struct rw_text_range module = { MODULES, MODULES + 0x100, "m" };
	struct rw_kernel k = placed(&module);

	(void)unused;
	k.slide_known = RW_UNKNOWN;
	k.text_complete = true;
	assert_text(&k, TEXT + 0x1000, RW_UNKNOWN);
	assert_text(&k, TEXT + 0x3000, RW_UNKNOWN);
	assert_text(&k, TEXT + 0x7000, RW_UNKNOWN);
	assert_text(&k, MODULES + 0x100, RW_UNKNOWN);
	assert_text(&k, OF_48_BITS - 1, RW_NO);
}

/** Lists of the kernel: a module's freed init part is 0, 0; a BPF image's end is in it. */
static void test_text_ranges(void **unused)
{
	static const struct {
		enum rw_text_kind kind;
		uint64_t start, end;
		bool end_inside, is;
		uint64_t end_ret;
	} rows[] = {
		{ RW_TEXT_MODULE, MODULES, MODULES + 16, true, true, MODULES + 16 },
		{ RW_TEXT_MODULE, MODULES, MODULES, true, false, 0 },
		{ RW_TEXT_MODULE, MODULES, MODULES - 1, true, false, 0 },
		{ RW_TEXT_MODULE, 0, 0, true, false, 0 },
		{ RW_TEXT_MODULE, 0, 0x1000, true, false, 0 },
		{ RW_TEXT_BPF, MODULES, MODULES + 16, true, true, MODULES + 17 },
		{ RW_TEXT_BPF, MODULES, MODULES + 16, false, true, MODULES + 16 },
		{ RW_TEXT_KPROBE_SLOT, MODULES, MODULES + 4096, true, true, MODULES + 4096 },
		{ RW_TEXT_FTRACE, MODULES, MODULES, true, false, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rw_text_range range;
		bool is = rw_text_range_init(rows[i].kind, rows[i].start, rows[i].end,
					     rows[i].end_inside, &range);

		if (is != rows[i].is)
			fail_msg("row %zu: %d", i, is);
		if (is) {
			assert_int_equal(range.start, rows[i].start);
			assert_int_equal(range.end, rows[i].end_ret);
		}
	}
}

/** The image's SYM_CODE table has link addresses; asked for are those at run time. */
static void test_sym_code_of_an_image(void **unused)
{
	static const uint64_t slides[] = { 0, 0x10000, UINT64_C(0x5a4f6f200000) };

	(void)unused;
	for (size_t i = 0; i < sizeof(slides) / sizeof(slides[0]); i++) {
		const struct rw_kernel_facts facts = { .kaslr_known = RW_YES, .kaslr = slides[i] };
		const uint64_t start = AT(TABLE_ENTRY) + slides[i];
		struct kernel_image k;

		make(&k, "5.14.0");
		k.table = true;
		open_it(&k, &facts);
		assert_int_equal(rw_kernel_in_sym_code(&k.kernel, start - 1), RW_NO);
		assert_int_equal(rw_kernel_in_sym_code(&k.kernel, start), RW_YES);
		assert_int_equal(rw_kernel_in_sym_code(&k.kernel, start + 7), RW_YES);
		assert_int_equal(rw_kernel_in_sym_code(&k.kernel, start + 8), RW_NO);
		if (slides[i])
			assert_int_equal(rw_kernel_in_sym_code(&k.kernel, AT(TABLE_ENTRY)), RW_NO);
		k.kernel.slide_known = RW_UNKNOWN;
		assert_int_equal(rw_kernel_in_sym_code(&k.kernel, start), RW_UNKNOWN);
		close_it(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_LIBBPF
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_zero_check_by_code),
		cmocka_unit_test(test_zero_check_unclear),
		cmocka_unit_test(test_xpaclri_by_code),
		cmocka_unit_test(test_options_by_release),
		cmocka_unit_test(test_options_given),
#endif
		cmocka_unit_test(test_layout_without_types),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_without_place),
		cmocka_unit_test(test_text_ranges),
		cmocka_unit_test(test_sym_code_of_an_image),
	};

	return cmocka_run_group_tests_name("the kernel of an image", tests, NULL, NULL);
}
