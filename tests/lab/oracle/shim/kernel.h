/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's stack walk expects around it, for a program on the host.
 *
 * Addresses of the kernel are numbers here and are never followed: READ_ONCE()
 * asks the case for the word at an address.  What this file defines is not taken
 * from the kernel's tree (see extract.py).
 */
#ifndef LAB_KERNEL_H
#define LAB_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "case.h"

/** The case that is walked, and what is seen of its walk. */
struct lab {
	const struct lab_case *c;
	int rc;			/* what the last step returned */
	uint64_t fp;		/* where the walk stands after it */
	bool stepped;
	bool ended;		/* properly, which the value does not say (LAB_ENDED) */
};
extern struct lab lab;

/** The word at @addr; if the case has none, the walk is left for good. */
uint64_t lab_read(uint64_t addr);
/** x30 of the function that asks for a walk of the current task. */
unsigned long lab_return_address(void);
/** One line of a printed trace. */
void lab_print(const char *format, ...);

/* ---- the compiler ---------------------------------------------------------- */

#undef __always_inline
#define __always_inline		inline
#define nokprobe_inline		inline
#define noinline		__attribute__((noinline))
#define noinstr
#define notrace
#define __weak
#define likely(x)		(x)
#define unlikely(x)		(x)
#define barrier()		do { } while (0)

typedef uint8_t u8, __u8;
typedef uint16_t u16, __u16;
typedef uint32_t u32, __u32;
typedef int32_t s32, __s32;
typedef unsigned long u64, __u64;
typedef long s64, __s64;

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof(*(a)))
#define DIV_ROUND_UP(n, to)	(((n) + (to) - 1) / (to))
#define BIT_ULL(n)		(UINT64_C(1) << (n))
#define GENMASK(high, low)	((~UINT64_C(0) << (low)) & (~UINT64_C(0) >> (63 - (high))))
#define GENMASK_ULL(high, low)	GENMASK(high, low)
#define BUILD_BUG_ON(wrong)	_Static_assert(!(wrong), #wrong)
#define container_of(member_ptr, type, member) \
	((type *)((uintptr_t)(member_ptr) - offsetof(type, member)))
#define IS_ENABLED(option)	(option)	/* one that is set, or it does not build */
#define WARN_ON_ONCE(cond)	(!!(cond))
#define pr_debug(...)		do { } while (0)
#define printk(...)		lab_print(__VA_ARGS__)

#define READ_ONCE(x)							\
	({								\
		_Static_assert(sizeof(x) == 8, "words only");		\
		(__typeof__(x))lab_read((uintptr_t)&(x));		\
	})

#define READ_ONCE_NOCHECK(x)	READ_ONCE(x)

/* a step beyond where a task began: it fails there, and is not to blame */
#ifdef LAB_ZEROS
#define LAB_BEGAN(state) \
	(!(state)->fp && lab_case_in_ret_from_fork(lab.c, (state)->pc))
#else
#define LAB_BEGAN(state)	false
#endif

#define LAB_STEP(call, state)						\
	({								\
		lab.ended = LAB_BEGAN(state);				\
		lab.rc = (call);					\
		lab.fp = (state)->LAB_FP;				\
		lab.stepped = true;					\
		lab.rc;							\
	})
#define LAB_ENDED(rc)		(lab.ended = true, (rc))

#define DECLARE_BITMAP(map, nr)	unsigned long map[DIV_ROUND_UP(nr, 64)]
#define bitmap_zero(map, nr)	memset(map, 0, DIV_ROUND_UP(nr, 64) * 8)
#define set_bit(n, map)		((void)((map)[(n) / 64] |= BIT_ULL((n) % 64)))
#define test_bit(n, map)	(!!((map)[(n) / 64] & BIT_ULL((n) % 64)))

/* ---- the processor --------------------------------------------------------- */

#define vabits_actual		(lab.c->va_bits)
#define preemptible()		(lab.c->preemptible)
#define in_nmi()		(lab.c->nmi)
#define current_in_efi()	(lab.c->efi)
#define __builtin_frame_address(level) ((void *)lab.c->fp)

/**
 * The instruction of that name.  Bit 55 selects the half; a CPU that does not
 * authenticate takes it for a hint.
 */
static inline unsigned long xpaclri(unsigned long addr)
{
	unsigned int va_bits = lab.c->va_bits;

	if (!lab.c->pac)
		return addr;
	// Addresses of the upper half have no tag: the code reaches up to bit 63.
	return addr & BIT_ULL(55) ? addr | GENMASK(63, va_bits) : addr & ~GENMASK(54, va_bits);
}

/* ---- stacks ---------------------------------------------------------------- */

#define LAB_STACK(which)	(lab.c->stacks[which])

#define THREAD_SIZE		(LAB_STACK(LAB_STACK_TASK).size)
#define IRQ_STACK_SIZE		(LAB_STACK(LAB_STACK_IRQ).size)
#define OVERFLOW_STACK_SIZE	(LAB_STACK(LAB_STACK_OVERFLOW).size)
#define SDEI_STACK_SIZE		(LAB_STACK(LAB_STACK_SDEI_NORMAL).size)

#define irq_stack_ptr		LAB_STACK(LAB_STACK_IRQ).low
#define overflow_stack		LAB_STACK(LAB_STACK_OVERFLOW).low
#define sdei_stack_normal_ptr	LAB_STACK(LAB_STACK_SDEI_NORMAL).low
#define sdei_stack_critical_ptr	LAB_STACK(LAB_STACK_SDEI_CRITICAL).low
#define efi_rt_stack_top \
	(LAB_STACK(LAB_STACK_EFI).low + LAB_STACK(LAB_STACK_EFI).size)
#define raw_cpu_read(variable)	(variable)
#define raw_cpu_ptr(variable)	(variable)

/* ---- tasks ----------------------------------------------------------------- */

struct llist_node {
	struct llist_node *next;
};

struct kretprobe_instance {
	struct llist_node llist;
	void *ret_addr;
	void *fp;
};

struct cpu_context {
	unsigned long fp, pc;
};

/* words since 6.11, entries before */
#ifdef LAB_SHADOW_STACK
#define LAB_RET_STACK		unsigned long
#else
#define LAB_RET_STACK		struct ftrace_ret_stack
#endif

struct task_struct {
	struct {
		struct cpu_context cpu_context;
	} thread;
	LAB_RET_STACK *ret_stack;
	int curr_ret_stack;
	struct {
		struct llist_node *first;
	} kretprobe_instances;
};

extern struct task_struct *lab_current;
#define current			lab_current
#define task_stack_page(task)	((void)(task), (void *)LAB_STACK(LAB_STACK_TASK).low)
#define try_get_task_stack(task) true
#define put_task_stack(task)	do { } while (0)

struct pt_regs;
struct stack_info;
typedef bool (*stack_trace_consume_fn)(void *cookie, unsigned long addr);

/* defined after their first use */
void arch_stack_walk(stack_trace_consume_fn consume, void *cookie, struct task_struct *task,
		     struct pt_regs *regs);
bool _on_sdei_stack(unsigned long sp, struct stack_info *info);

/* ---- tracers --------------------------------------------------------------- */

typedef void kprobe_opcode_t;

#define return_to_handler	((void *)lab.c->return_to_handler)
#define __kretprobe_trampoline	((void *)lab.c->kretprobe_trampoline)
#define dereference_kernel_function_descriptor(function) (function)

#endif
