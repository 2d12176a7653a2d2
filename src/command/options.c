// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options that commands share, as argp children; their values: optionvalues.c.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "optionvalues.h"

enum key {
	KEY_PC = 256, KEY_FP, KEY_SP, KEY_LR, KEY_REGS, KEY_CPU, KEY_BLOCKED, KEY_CURRENT,
	KEY_FROM_REGS, KEY_MODEL, KEY_KASLR, KEY_VA_BITS, KEY_PAC_MASK, KEY_STACK, KEY_TEXT,
	KEY_FORMAT, KEY_JSON, KEY_VERDICT, KEY_LIMIT, KEY_COLOR, KEY_NO_PAGER, KEY_FORCE,
	KEY_GROUP, KEY_MODULES,
};

void options_init(struct options *options, const struct argp *argp, enum takes takes)
{
	*options = (struct options){
		.argp = argp,
		.takes = takes,
		.cpu = -1,
		.kaslr_known = RW_UNKNOWN,
	};
	for (int i = 0; i < RW_NR_STACKS; i++)
		options->stacks[i].exists = RW_UNKNOWN;
}

void options_deinit(struct options *options)
{
	for (size_t i = 0; i < options->nr_text; i++)
		free(options->text_names[i]);
	free(options->text_names);
	free(options->text);
	free(options->modules);
	free(options->inputs);
}

/* ---- registers and start ------------------------------------------------------ */

static error_t parse_registers(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_PC:
		o->pc = option_address(state, "--pc", arg);
		o->has_pc = true;
		return 0;
	case KEY_FP:
		o->fp = option_address(state, "--fp", arg);
		o->has_fp = true;
		return 0;
	case KEY_SP:
		o->sp = option_address(state, "--sp", arg);
		o->has_sp = true;
		return 0;
	case KEY_LR:
		o->lr = option_address(state, "--lr", arg);
		o->has_lr = true;
		return 0;
	case KEY_REGS:
		o->regs = arg;
		return 0;
	case KEY_CPU:
		o->cpu = option_decimal(state, "--cpu", arg, 65535);
		return 0;
	case KEY_BLOCKED:
	case KEY_CURRENT:
	case KEY_FROM_REGS:
		if (o->has_start)
			argp_error(state, "give one of --blocked, --current and --from-regs");
		o->has_start = true;
		o->start = key == KEY_BLOCKED ? RW_START_BLOCKED :
			   key == KEY_CURRENT ? RW_START_CURRENT : RW_START_REGS;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option registers_options[] = {
	{ "pc", KEY_PC, "ADDR", 0, "The pc to start from", 1 },
	{ "fp", KEY_FP, "ADDR", 0, "The frame pointer (x29) to start from", 1 },
	{ "sp", KEY_SP, "ADDR", 0, "The stack pointer", 1 },
	{ "lr", KEY_LR, "ADDR", 0, "The link register (x30): where --current starts without a pc",
	  1 },
	{ "regs", KEY_REGS, "FILE", 0, "Registers: text of the kernel, QEMU, gdb, crash or "
	  "OpenOCD, the bytes of a struct user_pt_regs, or an ELF core", 1 },
	{ "cpu", KEY_CPU, "N", 0, "Of several CPUs' registers, those of CPU N; of a dump, the task "
	  "on it, or with -p, -c or -a those that ran there last", 1 },
	{ "blocked", KEY_BLOCKED, NULL, 0, "Walk as for a task that is switched out (default)", 1 },
	{ "current", KEY_CURRENT, NULL, 0, "Walk as for the current task, whose CPU's stacks may "
	  "be used", 1 },
	{ "from-regs", KEY_FROM_REGS, NULL, 0, "Walk as from a struct pt_regs of the current task",
	  1 },
	{ 0 },
};

const struct argp options_registers = { registers_options, parse_registers, NULL, NULL, NULL,
					NULL, NULL };

/* ---- tasks of a dump ------------------------------------------------------------- */

static error_t parse_tasks(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'p':
		if (!*arg || strspn(arg, "0123456789,") != strlen(arg))
			argp_error(state, "-p: '%s' is no list of process ids", arg);
		o->pids = arg;
		return 0;
	case 'c':
		o->comm = arg;
		return 0;
	case 'a':
		o->all_tasks = true;
		return 0;
	case KEY_GROUP:
		o->group = true;
		return 0;
	case KEY_FORCE:
		o->force = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option tasks_options[] = {
	{ "pid", 'p', "PID[,PID...]", 0, "These threads of a dump", 0 },
	{ "comm", 'c', "COMM", 0, "Tasks of this name", 0 },
	{ "all", 'a', NULL, 0, "All tasks (default: the one that panicked, else those on CPUs)",
	  0 },
	{ "group", KEY_GROUP, NULL, 0, "Identical stacks once, with their tasks (text)", 0 },
	{ "force", KEY_FORCE, NULL, 0, "Accept a vmlinux whose build-id differs", 0 },
	{ 0 },
};

const struct argp options_tasks = { tasks_options, parse_tasks, NULL, NULL, NULL, NULL, NULL };

/* ---- the kernel ----------------------------------------------------------------- */

static error_t parse_kernel(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_MODEL:
		option_model(o, arg, state);
		return 0;
	case KEY_KASLR:
		o->kaslr = option_address(state, "--kaslr", arg);
		o->kaslr_known = RW_YES;
		return 0;
	case KEY_VA_BITS:
		o->va_bits = option_decimal(state, "--va-bits", arg, 52);
		if (o->va_bits < 36)
			argp_error(state, "--va-bits: arm64 kernels have 36, 39, 42, 47, 48 or 52");
		return 0;
	case KEY_PAC_MASK:
		o->pac_mask = option_address(state, "--pac-mask", arg);
		o->has_pac_mask = true;
		return 0;
	case KEY_STACK:
		option_stack(o, arg, state);
		return 0;
	case KEY_TEXT:
		option_text(o, arg, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option kernel_options[] = {
	{ "model", KEY_MODEL, "M[+OPTION...]", 0, "The unwinder generation: auto (default), a name "
	  "that `rewalk models' lists, or all; options of it, +no-OPTION for off", 2 },
	{ "stack", KEY_STACK, "NAME=ADDR+SIZE", 0, "Bounds of a stack: task, irq, overflow, "
	  "sdei-normal, sdei-critical, efi; those not given do not exist then", 2 },
	{ "text", KEY_TEXT, "START-END[=NAME]", 0, "Further kernel text: a module, BPF, a "
	  "trampoline", 2 },
	{ "kaslr", KEY_KASLR, "OFF", 0, "The KASLR offset: run-time minus link address", 2 },
	{ "va-bits", KEY_VA_BITS, "N", 0, "Virtual address bits in use", 2 },
	{ "pac-mask", KEY_PAC_MASK, "M", 0, "KERNELPACMASK; 0: a CPU without pointer "
	  "authentication", 2 },
	{ 0 },
};

const struct argp options_kernel = { kernel_options, parse_kernel, NULL, NULL, NULL, NULL, NULL };

/* ---- the output ------------------------------------------------------------------ */

static error_t parse_format(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_FORMAT:
		if (!strcmp(arg, "text"))
			o->format = RW_FORMAT_TEXT;
		else if (!strcmp(arg, "kernel"))
			o->format = RW_FORMAT_KERNEL;
		else if (!strcmp(arg, "json"))
			o->format = RW_FORMAT_JSON;
		else
			argp_error(state, "--format: '%s' is not text, kernel or json", arg);
		return 0;
	case KEY_JSON:
		o->format = RW_FORMAT_JSON;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case 'q':
		o->verbose = -1;
		return 0;
	case KEY_COLOR:
		if (!arg || !strcmp(arg, "always"))
			o->color = COLOR_ALWAYS;
		else if (!strcmp(arg, "never"))
			o->color = COLOR_NEVER;
		else if (!strcmp(arg, "auto"))
			o->color = COLOR_AUTO;
		else
			argp_error(state, "--color: '%s' is not auto, always or never", arg);
		return 0;
	case KEY_NO_PAGER:
		o->no_pager = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option format_options[] = {
	{ "format", KEY_FORMAT, "text|kernel|json", 0, "How to print", 3 },
	{ "json", KEY_JSON, NULL, 0, "JSON Lines: one object each, then a summary", 3 },
	{ "verbose", 'v', NULL, 0, "Print more", 3 },
	{ "quiet", 'q', NULL, 0, "Print less: no warnings", 3 },
	{ "color", KEY_COLOR, "auto|always|never", OPTION_ARG_OPTIONAL, "Colours; NO_COLOR is "
	  "honoured", 3 },
	{ "no-pager", KEY_NO_PAGER, NULL, 0, "Never start a pager", 3 },
	{ 0 },
};

const struct argp options_format = { format_options, parse_format, NULL, NULL, NULL, NULL, NULL };

static error_t parse_output(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case KEY_VERDICT:
		for (char *rest = arg, *word; (word = strsep(&rest, ","));) {
			unsigned int bit = 0;

			for (int i = 0; i <= RW_VERDICT_UNDETERMINED; i++)
				if (!strcmp(word, rw_verdict_name(i)))
					bit = 1u << i;
			if (!bit)
				argp_error(state, "--verdict: '%s' is not reliable, unreliable or "
						  "undetermined", word);
			o->verdicts |= bit;
		}
		return 0;
	case KEY_LIMIT:
		o->limit = option_decimal(state, "--limit", arg, 1 << 30);
		if (!o->limit)
			argp_error(state, "--limit: a buffer has at least 1 entry");
		return 0;
	case 'l':
		o->lines = true;
		return 0;
	case KEY_MODULES:
		option_modules(o, arg, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_option output_options[] = {
	{ "verdict", KEY_VERDICT, "V[,V...]", 0, "Print only traces with these verdicts; counts "
	  "and the exit status cover all", 3 },
	{ "lines", 'l', NULL, 0, "Print source lines and inlined calls, from debug information "
	  "(DWARF)", 3 },
	{ "modules", KEY_MODULES, "DIR", 0, "Look for debug files of modules, and of the kernel, "
	  "in DIR first; repeatable", 3 },
	{ "limit", KEY_LIMIT, "N", 0, "Stop after N entries, as for a caller with a buffer of N",
	  3 },
	{ 0 },
};

const struct argp options_output = { output_options, parse_output, NULL, NULL, NULL, NULL, NULL };

/* ---- arguments ------------------------------------------------------------------ */

bool options_add_input(struct options *options, const char *arg, size_t at)
{
	void *inputs = realloc(options->inputs, (options->nr_inputs + 1) * sizeof(char *));

	if (!inputs)
		return false;
	options->inputs = inputs;
	memmove(options->inputs + at + 1, options->inputs + at,
		(options->nr_inputs - at) * sizeof(char *));
	options->inputs[at] = arg;
	options->nr_inputs++;
	return true;
}

static error_t argument(struct options *options, char *arg, struct argp_state *state)
{
	if (options->takes == TAKES_NOTHING)
		argp_error(state, "'%s': there are no arguments to this command", arg);
	if (!options->vmlinux) {
		options->vmlinux = arg;
		return 0;
	}
	if (options->takes == TAKES_VMLINUX)
		argp_error(state, "'%s': this command takes a VMLINUX and nothing else", arg);
	if (options_add_input(options, arg, options->nr_inputs))
		return 0;
	argp_failure(state, STATUS_ERROR, 0, "out of memory");
	return ENOMEM;
}

/** Only what is offered --verdict and --limit prints traces. */
static bool prints_traces(const struct options *options)
{
	for (const struct argp_child *child = options->argp->children; child->argp; child++)
		if (child->argp == &options_output)
			return true;
	return false;
}

error_t options_parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		for (int i = 0; options->argp->children[i].argp; i++)
			state->child_inputs[i] = options;
		return 0;
	case ARGP_KEY_ARG:
		return argument(options, arg, state);
	case ARGP_KEY_END:
		if (options->takes != TAKES_NOTHING && !options->vmlinux)
			argp_error(state, "no VMLINUX given");
		if (options->format == RW_FORMAT_KERNEL && !prints_traces(options))
			argp_error(state, "--format kernel is for traces");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}
