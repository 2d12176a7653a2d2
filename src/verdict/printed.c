// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a printed trace proves.
//
// The entries are looked up by name: the kernel prints a function's name, the offset in
// it and its size, so that a place is fixed where one function of that name has that
// size. Then the model itself replays the chain, over a stack that is made up: each
// entry has a frame record, and where the printed marks or the exception's entry code
// show the boundary of an exception, a struct pt_regs. Of what a text cannot show
// (where the records lie, what stands behind the last entry) one run assumes the best
// and one knows nothing. "Unreliable" is said only where both say it.

#include <stdlib.h>
#include <string.h>

#include "rewalk/cleanup.h"
#include "rewalk/error.h"
#include "rewalk/judged.h"

/* the made-up stack: each record has room for a struct pt_regs around it */
#define TOKENS UINT64_C(0xffff800100000000)	/* the pc of entry n is TOKENS + 16 * n */
#define STACK_LOW UINT64_C(0xffff900000000000)
#define RECORD_APART UINT64_C(0x400)
#define RECORD_OFF UINT64_C(0x300)
#define PT_REGS_FP 232
#define PT_REGS_PC 256
#define META_FINAL 1
#define META_PT_REGS 2

/* ---- the functions ---------------------------------------------------------------- */

struct lookup {
	struct rw_judged_frame *frame;
	bool call_site;		/* printed with %pB: the offset may be the size */
	size_t nr_named;
	uint64_t size;
};

static void found(void *arg, uint64_t addr, uint64_t size)
{
	struct lookup *lookup = arg;
	struct rw_judged_frame *f = lookup->frame;
	const struct rw_printed_entry *e = f->entry;
	uint64_t place = addr + e->offset;

	lookup->nr_named++;
	lookup->size = size;
	if (!e->has_offset || size != e->size ||
	    (lookup->call_site ? e->offset > size : e->offset >= size))
		return;
	// Aliases are one place.
	for (size_t i = 0; i < f->nr_places && i < RW_JUDGED_PLACES; i++)
		if (f->places[i] == place)
			return;
	if (f->nr_places < RW_JUDGED_PLACES)
		f->places[f->nr_places] = place;
	f->nr_places++;
}

/** Is this a name that the kernel makes at run time? */
static bool is_made(const char *name)
{
	static const char *const prefixes[] = { "bpf_prog_", "bpf_trampoline_", "bpf_dispatcher_",
						"bpf_struct_ops_", "bpf__" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/** What is true of all places, or of none; unknown if they differ or are too many. */
static enum rw_tri of_all(const struct rw_judged_frame *f, const struct rw_kernel *kernel,
			  enum rw_tri (*test)(const void *kernel, uint64_t addr))
{
	enum rw_tri all;

	if (!f->nr_places || f->nr_places > RW_JUDGED_PLACES)
		return RW_UNKNOWN;
	all = test(kernel, f->places[0]);
	for (size_t i = 1; i < f->nr_places; i++)
		if (test(kernel, f->places[i]) != all)
			return RW_UNKNOWN;
	return all;
}

static void look_up(struct rw_judged *judged, struct rw_judged_frame *f)
{
	const struct rw_kernel *kernel = judged->kernel;
	const struct rw_printed_entry *e = f->entry;
	struct lookup lookup = {
		.frame = f,
		.call_site = judged->trace->kind != RW_PRINTED_CALL_TRACE &&
			     judged->trace->kind != RW_PRINTED_STORED,
	};

	if (!e->name) {
		// Below the linear map there is no text, wherever the kernel lies.
		f->text = rw_kernel_is_text(kernel, e->address) == RW_NO &&
			  e->address < kernel->text ? RW_NO : RW_UNKNOWN;
		f->sym_code = f->text == RW_NO ? RW_NO : RW_UNKNOWN;
		f->el1_entry = f->sym_code;
		return;
	}
	if (e->module || is_made(e->name)) {
		// The table is the image's, and so is the vectors' code.
		f->sym_code = RW_NO;
		f->el1_entry = RW_NO;
		return;
	}
	rw_image_find(kernel->image, e->name, found, &lookup);
	f->exists = rw_tri(lookup.nr_named);
	if (e->has_offset && lookup.nr_named) {
		f->fits = rw_tri(f->nr_places);
		f->image_size = f->nr_places || lookup.nr_named > 1 ? 0 : lookup.size;
	}
	// A damaged line may lack digits, or parts of the name.
	if (e->damaged) {
		f->exists = f->exists == RW_NO ? RW_UNKNOWN : f->exists;
		f->fits = f->fits == RW_NO ? RW_UNKNOWN : f->fits;
	}
	// Nor does what is left of one prove where the kernel was.
	f->text = e->damaged ? RW_UNKNOWN : of_all(f, kernel, rw_kernel_is_text);
	f->sym_code = e->damaged ? RW_UNKNOWN : of_all(f, kernel, rw_kernel_in_sym_code);
	f->el1_entry = e->damaged ? RW_UNKNOWN : of_all(f, kernel, rw_kernel_in_el1_entry);
}

static bool is_printed_build_id(const struct rw_image *image, const char *hex)
{
	size_t size;
	const uint8_t *id = rw_image_build_id(image, &size);

	if (!id || 2 * size != strlen(hex))
		return false;
	for (size_t i = 0; i < size; i++) {
		static const char digits[] = "0123456789abcdef";

		if ((hex[2 * i] | 0x20) != digits[id[i] >> 4] &&
		    hex[2 * i] != digits[id[i] >> 4])
			return false;
		if ((hex[2 * i + 1] | 0x20) != digits[id[i] & 15] &&
		    hex[2 * i + 1] != digits[id[i] & 15])
			return false;
	}
	return true;
}

static void look_up_all(struct rw_judged *judged)
{
	const char *build_id = judged->trace->facts->build_id;
	bool any_fits = false;
	size_t id_size;

	judged->misfit_frame = judged->nr;
	for (size_t i = 0; i < judged->nr; i++) {
		struct rw_judged_frame *f = &judged->frames[i];

		f->entry = &judged->trace->entries[i];
		look_up(judged, f);
		f->from_regs = strchr(f->entry->marks, 'P') ||
			       (i && judged->frames[i - 1].el1_entry == RW_YES);
		any_fits |= f->fits == RW_YES;
		if ((f->exists == RW_NO || f->fits == RW_NO) && !judged->misfit) {
			judged->misfit = true;
			judged->misfit_frame = i;
		}
	}
	if (build_id[0] && rw_image_build_id(judged->kernel->image, &id_size) &&
	    !is_printed_build_id(judged->kernel->image, build_id))
		judged->misfit = true;
	judged->fits = judged->misfit ? RW_NO : any_fits ? RW_YES : RW_UNKNOWN;
}

/** How the walk that was printed began. */
static void find_start(struct rw_judged *judged)
{
	const struct rw_printed_entry *first = judged->nr ? judged->frames[0].entry : NULL;
	const char *pc_name = judged->trace->facts->pc_name;

	judged->start = RW_START_BLOCKED;
	if (!first)
		return;
	judged->has_start = true;
	const char *name = first->name ? first->name : "";
	if (strchr(first->marks, 'P') || (pc_name[0] && !strcmp(pc_name, first->text)))
		judged->start = RW_START_REGS;
	else if (strchr(first->marks, 'C') || !strcmp(name, "dump_backtrace") ||
		 !strcmp(name, "show_stack"))
		judged->start = RW_START_CURRENT;
	else if (judged->trace->kind != RW_PRINTED_PROC_STACK && !strchr(first->marks, 'T') &&
		 strcmp(name, "__switch_to"))
		judged->has_start = false;
	if (judged->start == RW_START_REGS)
		judged->frames[0].from_regs = true;
}

/* ---- the made-up stack -------------------------------------------------------------- */

struct world {
	const struct rw_judged *judged;
	const struct rw_layout *layout;
	struct rw_judged_frame *mark;	/* whose @beyond is filled in; or NULL */
	bool best;
	uint64_t last_fp;		/* what the last entry's record says is next */
};

static uint64_t record_of(size_t n)
{
	return STACK_LOW + n * RECORD_APART + RECORD_OFF;
}

static const struct rw_judged_frame *frame_of(const void *world, uint64_t token)
{
	const struct rw_judged *judged = ((const struct world *)world)->judged;
	uint64_t n = (token - TOKENS) / 16;

	return token >= TOKENS && n < judged->nr ? &judged->frames[n] : NULL;
}

static uint64_t next_of(const struct world *w, size_t n)
{
	return n + 1 < w->judged->nr ? record_of(n + 1) : w->last_fp;
}

/** The word at @off of entry @n's record, which is a plain one or that of a pt_regs. */
static bool record_word(const struct world *w, size_t n, int64_t off, uint64_t *ret)
{
	bool regs = w->layout->frame_record_meta && w->judged->frames[n].from_regs;
	int64_t regs_off = off + w->layout->pt_regs_stackframe;

	if (!regs && (off == 0 || off == 8))
		*ret = off ? TOKENS + 16 * n : next_of(w, n);
	else if (regs && (off == 0 || off == 8 || off == 16))
		*ret = off == 16 ? META_PT_REGS : 0;
	else if (regs && (regs_off == PT_REGS_FP || regs_off == PT_REGS_PC))
		*ret = regs_off == PT_REGS_PC ? TOKENS + 16 * n : next_of(w, n);
	else
		return false;
	return true;
}

static bool world_word(const struct world *w, uint64_t addr, uint64_t *ret)
{
	uint64_t n = (addr - STACK_LOW) / RECORD_APART;

	// The final record: two zeros, and its type where there is one.
	if (w->best && w->last_fp && addr - w->last_fp < 24) {
		*ret = addr - w->last_fp == 16 ? META_FINAL : 0;
		return true;
	}
	return addr >= STACK_LOW && n < w->judged->nr &&
	       record_word(w, n, (int64_t)(addr - record_of(n)), ret);
}

static bool world_read(void *world, uint64_t addr, size_t nr, uint64_t *ret)
{
	for (size_t i = 0; i < nr; i++)
		if (!world_word(world, addr + 8 * i, &ret[i]))
			return false;
	return true;
}

static enum rw_tri world_text(const void *world, uint64_t token)
{
	const struct rw_judged_frame *f = frame_of(world, token);

	return f ? f->text : RW_UNKNOWN;
}

static enum rw_tri world_sym_code(const void *world, uint64_t token)
{
	const struct rw_judged_frame *f = frame_of(world, token);

	return f ? f->sym_code : RW_UNKNOWN;
}

static enum rw_tri world_el1_entry(const void *world, uint64_t token)
{
	const struct rw_judged_frame *f = frame_of(world, token);

	return f ? f->el1_entry : RW_UNKNOWN;
}

static enum rw_tri world_ret_from_fork(const void *world, uint64_t token)
{
	const struct rw_judged_frame *f = frame_of(world, token);

	return f ? of_all(f, ((const struct world *)world)->judged->kernel,
			  rw_kernel_in_ret_from_fork) : RW_UNKNOWN;
}

static enum rw_tri world_special(const void *world, uint64_t token)
{
	const struct rw_judged_frame *f = frame_of(world, token);

	return f ? of_all(f, ((const struct world *)world)->judged->kernel, rw_kernel_in_special) :
		   RW_UNKNOWN;
}

static enum rw_tri in_code_section(const void *kernel, uint64_t addr)
{
	bool handler;

	return rw_kernel_in_code_section(kernel, addr, &handler);
}

static enum rw_tri world_code_section(const void *world, uint64_t token, bool *handler_ret)
{
	const struct rw_judged_frame *f = frame_of(world, token);

	*handler_ret = false;
	return f ? of_all(f, ((const struct world *)world)->judged->kernel, in_code_section) :
		   RW_UNKNOWN;
}

static bool consume(void *cookie, const struct rw_entry *entry)
{
	struct world *w = cookie;
	uint64_t n = (entry->pc - TOKENS) / 16;

	if (w->mark && entry->pc >= TOKENS && n < w->judged->nr)
		w->mark[n].beyond = entry->beyond;
	return true;
}

/** Replay the printed chain; @best: with all that is not printed in its favour. */
static void replay(const struct rw_judged *judged, uint64_t limit, bool best,
		   struct rw_judged_frame *mark, struct rw_unwind_result *ret)
{
	struct world w = { .judged = judged, .mark = mark, .best = best };
	struct rw_unwind_input in = { 0 };
	struct rw_stack *task = &in.stacks[RW_STACK_TASK];
	uint64_t final;

	rw_kernel_unwind_input(judged->kernel, judged->model, &in);
	w.layout = &in.layout;
	in.read = world_read;
	in.memory = &w;
	in.is_text = world_text;
	in.in_sym_code = world_sym_code;
	in.in_special = world_special;
	in.in_code_section = world_code_section;
	in.in_el1_entry = world_el1_entry;
	in.in_ret_from_fork = world_ret_from_fork;
	in.kernel = &w;
	in.start = judged->start;
	in.pc = TOKENS;
	in.need_reliable = true;
	in.limit = limit;
	in.current = RW_YES;
	// What was printed was translated by the kernel as far as it could be, and stripped.
	in.ptrauth = in.pauth_hw = RW_NO;
	in.return_to_handler.exists = in.kretprobe_trampoline.exists = RW_NO;

	// One task stack holds all of it, or nothing is known of stacks.
	uint64_t high = (record_of(judged->nr + 1) | 0xffff) + 1;
	for (int i = 0; best && i < RW_NR_STACKS; i++)
		in.stacks[i].exists = RW_NO;
	if (best)
		*task = (struct rw_stack){ STACK_LOW, high, RW_YES };
	final = high - in.layout.pt_regs_size + in.layout.pt_regs_stackframe;
	w.last_fp = best && in.layout.zero_fp_ends ? 0 : final;
	in.fp = next_of(&w, 0);
	rw_unwind(judged->model, &in, consume, &w, ret);
}

/** Undetermined, since there is no memory to walk. */
static void no_memory_to_walk(struct rw_judged *judged)
{
	judged->result = (struct rw_unwind_result){
		.verdict = RW_VERDICT_UNDETERMINED,
		.end = RW_END_INCOMPLETE,
		.reasons = { { .code = RW_REASON_PRINTED_TRACE,
			       .frame = judged->nr ? judged->nr - 1 : 0 } },
		.nr_reasons = 1,
		.nr_entries = judged->nr,
		.consumed = judged->nr,
		.flag = -1,
	};
}

static bool is_provable(const struct rw_judged *judged)
{
	const struct rw_printed_trace *trace = judged->trace;

	return judged->nr && !judged->misfit && !trace->mixed && !trace->interrupted &&
	       (trace->kind == RW_PRINTED_CALL_TRACE || trace->kind == RW_PRINTED_PROC_STACK);
}

/** Is this of an entry, and not of the records that were made up? */
static bool is_of_entry(const struct rw_judged *judged, const struct rw_reason *reason)
{
	switch (reason->code) {
	case RW_REASON_EXCEPTION_BOUNDARY:
	case RW_REASON_ENTRY_LIMIT:
		return true;
	case RW_REASON_SYM_CODE:
	case RW_REASON_NOT_TEXT:
		// What the last entry's record says is known only of a complete chain.
		return reason->frame + 1 < judged->nr || rw_judged_is_complete(judged) == RW_YES;
	default:
		return false;
	}
}

static void judge(struct rw_judged *judged, uint64_t limit)
{
	struct rw_unwind_result best, unknown;

	no_memory_to_walk(judged);
	if (!is_provable(judged))
		return;
	replay(judged, limit, true, NULL, &best);
	if (best.verdict != RW_VERDICT_UNRELIABLE)
		return;
	replay(judged, limit, false, judged->frames, &unknown);
	if (unknown.verdict == RW_VERDICT_UNRELIABLE &&
	    best.reasons[0].code == unknown.reasons[0].code &&
	    best.reasons[0].frame == unknown.reasons[0].frame &&
	    is_of_entry(judged, &unknown.reasons[0])) {
		judged->result = unknown;
		// What a walk would have returned is not said by a text.
		judged->result.has_returned = false;
		return;
	}
	for (size_t i = 0; i < judged->nr; i++)
		judged->frames[i].beyond = false;
}

struct rw_error *rw_judged_init(const struct rw_kernel *kernel, const struct rw_model *model,
				const char *source, const char *model_why, uint64_t limit,
				const struct rw_printed_trace *trace, struct rw_judged *ret)
{
	struct rw_judged judged = {
		.trace = trace,
		.source = source,
		.kernel = kernel,
		.model = model,
		.model_why = model_why,
		.nr = trace->nr,
	};

	struct rw_unwind_input in = { 0 };

	rw_kernel_unwind_input(kernel, model, &in);
	judged.options = in.options;
	judged.frames = calloc(trace->nr + 1, sizeof(judged.frames[0]));
	if (!judged.frames)
		return &rw_enomem;
	look_up_all(&judged);
	find_start(&judged);
	judge(&judged, limit);
	*ret = judged;
	return NULL;
}

void rw_judged_deinit(struct rw_judged *judged)
{
	free(judged->frames);
	judged->frames = NULL;
	judged->nr = 0;
}

bool rw_judged_pc(const struct rw_judged *judged, size_t frame, uint64_t *ret)
{
	const struct rw_judged_frame *f = &judged->frames[frame];

	if (f->entry->has_address) {
		*ret = f->entry->address;
		return true;
	}
	if (f->nr_places != 1)
		return false;
	*ret = f->places[0] + (judged->trace->kaslr_known == RW_YES ? judged->trace->kaslr : 0);
	return true;
}

enum rw_tri rw_judged_is_complete(const struct rw_judged *judged)
{
	const struct rw_printed_trace *trace = judged->trace;

	if (trace->cut || !trace->nr ||
	    (trace->kind == RW_PRINTED_PROC_STACK && trace->nr >= RW_PROC_STACK_ENTRIES))
		return RW_UNKNOWN;
	return rw_tri(trace->complete);
}
