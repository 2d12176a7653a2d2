// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hex dumps in texts.  The rows of xxd, hexdump and od are what these tools print of
// the 100 bytes of `sample`; those of QEMU, gdb and crash were printed of kernels.

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rewalk/error.h"
#include "rewalk/hexdump.h"

#define BASE UINT64_C(0xffff80000c000000)

/** A frame record, zeros, text with all that columns are framed with, a short end. */
static const uint8_t sample[] =
	"\x28\x00\x00\x0c\x00\x80\xff\xff\x58\x2a\x00\x08\x00\x80\xff\xff"
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"ABCD abc|>x  \x7f\x80 tail";
#define SAMPLE_SIZE 100

static struct rw_hexdump *read_text(const char *text, size_t size, struct rw_error **err_ret)
{
	struct rw_hexdump *dump;
	const char *end = text + size;
	size_t number = 0;

	*err_ret = rw_hexdump_create(&dump);
	assert_null(*err_ret);
	while (text < end && !*err_ret) {
		const char *newline = memchr(text, '\n', end - text);
		const char *stop = newline ? newline : end;

		*err_ret = rw_hexdump_line(dump, text, stop - text, ++number);
		text = newline ? newline + 1 : end;
	}
	return dump;
}

/** Bytes of all spans in a space, as "ADDR:HEX ADDR:HEX". */
static void describe(const struct rw_hexdump *dump, enum rw_hexdump_space space, char *buf,
		     size_t room)
{
	size_t nr, used = 0;
	const struct rw_hexdump_span *spans = rw_hexdump_spans(dump, &nr);

	*buf = '\0';
	for (size_t i = 0; i < nr; i++) {
		if (spans[i].space != space)
			continue;
		used += snprintf(buf + used, room - used, "%s%llx:", used ? " " : "",
				 (unsigned long long)spans[i].addr);
		for (size_t j = 0; j < spans[i].size && used + 3 < room; j++)
			used += snprintf(buf + used, room - used, "%02x", spans[i].bytes[j]);
	}
}

/* ---- the tools ---------------------------------------------------------------- */

static const struct tool_row {
	const char *name, *text, *tool, *words, *why;
} tool_rows[] = {
	{ "xxd",
	  "00000000: 2800 000c 0080 ffff 582a 0008 0080 ffff  (.......X*......\n"
	  "00000010: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000020: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000030: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000040: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000050: 4142 4344 2061 6263 7c3e 7820 207f 8020  ABCD abc|>x  .. \n"
	  "00000060: 7461 696c                                tail\n",
	  "xxd", "bytes in the order of memory", "by the printable characters" },
	{ "xxd -a -g1",
	  "00000000: 28 00 00 0c 00 80 ff ff 58 2a 00 08 00 80 ff ff  (.......X*......\n"
	  "00000010: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................\n"
	  "*\n"
	  "00000050: 41 42 43 44 20 61 62 63 7c 3e 78 20 20 7f 80 20  ABCD abc|>x  .. \n"
	  "00000060: 74 61 69 6c                                      tail\n",
	  "xxd", "bytes in the order of memory", NULL },
	{ "xxd -a -g8",
	  "00000000: 2800000c0080ffff 582a00080080ffff  (.......X*......\n"
	  "00000010: 0000000000000000 0000000000000000  ................\n"
	  "*\n"
	  "00000050: 4142434420616263 7c3e7820207f8020  ABCD abc|>x  .. \n"
	  "00000060: 7461696c                           tail\n",
	  "xxd", "bytes in the order of memory", "by the printable characters" },
	{ "xxd -a -e",
	  "00000000: 0c000028 ffff8000 08002a58 ffff8000  (.......X*......\n"
	  "00000010: 00000000 00000000 00000000 00000000  ................\n"
	  "*\n"
	  "00000050: 44434241 63626120 20783e7c 20807f20  ABCD abc|>x  .. \n"
	  "00000060: 6c696174                             tail\n",
	  "xxd", "little-endian values", "by the printable characters" },
	{ "xxd -a -e -g8: the last word is shifted",
	  "00000000: ffff80000c000028 ffff800008002a58  (.......X*......\n"
	  "00000010: 0000000000000000 0000000000000000  ................\n"
	  "*\n"
	  "00000050: 6362612044434241 20807f2020783e7c  ABCD abc|>x  .. \n"
	  "00000060:         6c696174                   tail\n",
	  "xxd", "little-endian values", "by the printable characters" },
	{ "xxd -u -g 3: words that are short at the end of a row",
	  "00000000: 280000 0C0080 FFFF58 2A0008 0080FF FF  (.......X*......\n"
	  "00000010: 000000 000000 000000 000000 000000 00  ................\n"
	  "00000020: 000000 000000 000000 000000 000000 00  ................\n"
	  "00000030: 000000 000000 000000 000000 000000 00  ................\n"
	  "00000040: 000000 000000 000000 000000 000000 00  ................\n"
	  "00000050: 414243 442061 62637C 3E7820 207F80 20  ABCD abc|>x  .. \n"
	  "00000060: 746169 6C                              tail\n",
	  "xxd", "bytes in the order of memory", "by the printable characters" },
	{ "xxd -d: decimal offsets",
	  "00000000: 2800 000c 0080 ffff 582a 0008 0080 ffff  (.......X*......\n"
	  "00000016: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000032: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000048: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000064: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000080: 4142 4344 2061 6263 7c3e 7820 207f 8020  ABCD abc|>x  .. \n"
	  "00000096: 7461 696c                                tail\n",
	  "xxd", "bytes in the order of memory", "by the printable characters" },
	{ "blanks at the end of a line are lost",
	  "00000000: 2800 000c 0080 ffff 582a 0008 0080 ffff  (.......X*......\n"
	  "00000010: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000020: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000030: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000040: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n"
	  "00000050: 4142 4344 2061 6263 7c3e 7820 207f 8020  ABCD abc|>x  ..\n"
	  "00000060: 7461 696c                                tail\n",
	  "xxd", "bytes in the order of memory", "by the printable characters" },
	{ "hexdump -C",
	  "00000000  28 00 00 0c 00 80 ff ff  58 2a 00 08 00 80 ff ff  |(.......X*......|\n"
	  "00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
	  "*\n"
	  "00000050  41 42 43 44 20 61 62 63  7c 3e 78 20 20 7f 80 20  |ABCD abc|>x  .. |\n"
	  "00000060  74 61 69 6c                                       |tail|\n"
	  "00000064\n",
	  "hexdump -C", "bytes in the order of memory", NULL },
	{ "hexdump",
	  "0000000 0028 0c00 8000 ffff 2a58 0800 8000 ffff\n"
	  "0000010 0000 0000 0000 0000 0000 0000 0000 0000\n"
	  "*\n"
	  "0000050 4241 4443 6120 6362 3e7c 2078 7f20 2080\n"
	  "0000060 6174 6c69                              \n"
	  "0000064\n",
	  "od or hexdump", "little-endian values", "by the kernel addresses in them" },
	{ "hexdump -x",
	  "0000000    0028    0c00    8000    ffff    2a58    0800    8000    ffff\n"
	  "0000010    0000    0000    0000    0000    0000    0000    0000    0000\n"
	  "*\n"
	  "0000050    4241    4443    6120    6362    3e7c    2078    7f20    2080\n"
	  "0000060    6174    6c69                                                \n"
	  "0000064\n",
	  "od or hexdump", "little-endian values", "by the kernel addresses in them" },
	{ "od -x: the same words, octal offsets",
	  "0000000 0028 0c00 8000 ffff 2a58 0800 8000 ffff\n"
	  "0000020 0000 0000 0000 0000 0000 0000 0000 0000\n"
	  "*\n"
	  "0000120 4241 4443 6120 6362 3e7c 2078 7f20 2080\n"
	  "0000140 6174 6c69\n"
	  "0000144\n",
	  "od or hexdump", "little-endian values", "by the kernel addresses in them" },
	{ "od -A x -t x8z: the last word is filled up",
	  "000000 ffff80000c000028 ffff800008002a58  >(.......X*......<\n"
	  "000010 0000000000000000 0000000000000000  >................<\n"
	  "*\n"
	  "000050 6362612044434241 20807f2020783e7c  >ABCD abc|>x  .. <\n"
	  "000060 000000006c696174                   >tail<\n"
	  "000064\n",
	  "od or hexdump", "little-endian values", "by the printable characters" },
	{ "od -A x -t x8 -w32 -v",
	  "000000 ffff80000c000028 ffff800008002a58 0000000000000000 0000000000000000\n"
	  "000020 0000000000000000 0000000000000000 0000000000000000 0000000000000000\n"
	  "000040 0000000000000000 0000000000000000 6362612044434241 20807f2020783e7c\n"
	  "000060 000000006c696174\n"
	  "000064\n",
	  "od or hexdump", "little-endian values", "by the kernel addresses in them" },
	{ "od -A d -t x4",
	  "0000000 0c000028 ffff8000 08002a58 ffff8000\n"
	  "0000016 00000000 00000000 00000000 00000000\n"
	  "*\n"
	  "0000080 44434241 63626120 20783e7c 20807f20\n"
	  "0000096 6c696174\n"
	  "0000100\n",
	  "od or hexdump", "little-endian values", "by the kernel addresses in them" },
	{ "od -t x1",
	  "0000000 28 00 00 0c 00 80 ff ff 58 2a 00 08 00 80 ff ff\n"
	  "0000020 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
	  "*\n"
	  "0000120 41 42 43 44 20 61 62 63 7c 3e 78 20 20 7f 80 20\n"
	  "0000140 74 61 69 6c\n"
	  "0000144\n",
	  "od or hexdump", "bytes in the order of memory", NULL },
	{ "od -A x -t x2z --endian=big",
	  "000000 2800 000c 0080 ffff 582a 0008 0080 ffff  >(.......X*......<\n"
	  "000010 0000 0000 0000 0000 0000 0000 0000 0000  >................<\n"
	  "*\n"
	  "000050 4142 4344 2061 6263 7c3e 7820 207f 8020  >ABCD abc|>x  .. <\n"
	  "000060 7461 696c                                >tail<\n"
	  "000064\n",
	  "od or hexdump", "bytes in the order of memory", "by the printable characters" },
};

/** As a mail, a console log and a serial line would have it. */
static char *disguise(const char *text, int how)
{
	static const char *const before[] = { "", "> ", "[   12.345678] ", "> > " };
	static const char *const after[] = { "\n", "\r\n", "\n", "\r\n" };
	char *out = malloc(4 * strlen(text) + 1024), *to = out;

	assert_non_null(out);
	for (const char *p = text; *p;) {
		size_t size = strcspn(p, "\n");

		to += sprintf(to, "%s%.*s%s", before[how], (int)size, p, after[how]);
		p += size + (p[size] != '\0');
	}
	return out;
}

static void test_tools(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tool_rows) / sizeof(tool_rows[0]); i++) {
		const struct tool_row *row = &tool_rows[i];

		for (int how = 0; how < 4; how++) {
			char *text = disguise(row->text, how);
			struct rw_error *err;
			struct rw_hexdump *dump = read_text(text, strlen(text), &err);

			if (!err)
				err = rw_hexdump_finish(dump, RW_HEXDUMP_VIRTUAL, BASE);
			if (err)
				fail_msg("%s, %d: %s", row->name, how, err->message);
			size_t nr;
			const struct rw_hexdump_span *spans = rw_hexdump_spans(dump, &nr);
			if (nr != 1 || spans->space != RW_HEXDUMP_VIRTUAL || spans->addr != BASE ||
			    spans->size != SAMPLE_SIZE || memcmp(spans->bytes, sample, SAMPLE_SIZE))
				fail_msg("%s, %d: %zu spans, the first at 0x%llx has %zu bytes, "
					 "the first is %02x", row->name, how, nr,
					 (unsigned long long)spans->addr, spans->size,
					 spans->bytes[0]);
			const struct rw_hexdump_note *notes = rw_hexdump_notes(dump, &nr);
			assert_int_equal(nr, 1);
			assert_string_equal(notes->tool, row->tool);
			assert_string_equal(notes->words, row->words);
			assert_int_equal(!notes->why, !row->why);
			if (row->why)
				assert_string_equal(notes->why, row->why);
			assert_int_equal(notes->line, 1);
			rw_hexdump_destroy(dump);
			free(text);
		}
	}
}

/* ---- texts ---------------------------------------------------------------------- */

static const struct text_row {
	const char *name, *text;
	const char *virtual, *physical;	/* as describe() has them */
	size_t baseless;		/* line */
	const char *names;		/* "ADDR=NAME+OFF" with blanks between */
	const char *hint;		/* a part of it; NULL: not asked for */
} text_rows[] = {
	{ "nothing", "", "", "", 0, "", NULL },
	{ "QEMU, two commands and prompts",
	  "(qemu) x/4gx 0xffff80000c003f00\r\n"
	  "ffff80000c003f00: 0xffff80000c003f20 0xffff800008002ab4\r\n"
	  "ffff80000c003f10: 0x0000000000000000 0x0000000000000001\r\n"
	  "(qemu) x/2wx 0xffff80000c003f20\r\n"
	  "ffff80000c003f20: 0x00000011 0x00000022\r\n",
	  "ffff80000c003f00:203f000c0080ffffb42a00080080ffff0000000000000000"
	  "01000000000000001100000022000000", "", 0, "", NULL },
	{ "QEMU, words of 2 bytes and of one, no prompt before the rows",
	  "(qemu) ffff80000c003f00: 0x0028 0x0c00 0x8000 0xffff\n"
	  "ffff80000c003f08: 0x58 0x2a 0x00 0x08 0x00 0x80 0xff 0xff\n",
	  "ffff80000c003f00:2800000c0080ffff582a00080080ffff", "", 0, "", NULL },
	{ "QEMU, physical by its address, by the command, and not",
	  "0000000040100000: 0x0000000000000001 0x0000000000000002\n"
	  "(qemu) x/1gx 0x40200000\n"
	  "0000000040200000: 0x0000000000000003\n"
	  "(qemu) x\x1b[K\x1b[Dxp\x1b[K\x1b[D\x1b[Dxp/\x1b[K\x1b[D\x1b[D\x1b[Dxp/1gx 0x40300000\n"
	  "0000000040300000: 0x0000000000000004\n",
	  "40200000:0300000000000000",
	  "40100000:01000000000000000200000000000000 40300000:0400000000000000", 0, "", NULL },
	{ "QEMU, not mapped",
	  "ffff80000c003f00: 0x0000000000000001\n"
	  "ffff80000c003f08: Cannot access memory\n",
	  "ffff80000c003f00:0100000000000000", "", 0, "", NULL },
	{ "instructions of QEMU and gdb are none",
	  "0xffff800008002a58:  9100a3e0  add      x0, sp, #0x28\n"
	  "   0xffff800008002dac <start_kernel+364>:\tldp\tx19, x20, [sp, #16]\n"
	  "ffff800008002a5c:\t94000432 \tbl\tffff800008003b24\n",
	  "", "", 0, "", NULL },
	{ "gdb, names of places, tabs and blanks",
	  "(gdb) x/4gx $sp\n"
	  "0xffff80000c003d30:\t0xffff80000c003d60\t0xffff800008002ab4\n"
	  "0xffff80000c003d40 <init_stack+15680>:\t0x0000000000000000\t0x0000000000000001\n"
	  "(gdb) (gdb) 0xffff80000c003d50:     0x3c003d60      0xffff8000\n"
	  "0xffff80000c003e00:\t0x60\t0x3d\t0x00\t0x0c\t0x00\t0x80\t0xff\t0xff\n",
	  "ffff80000c003d30:603d000c0080ffffb42a00080080ffff00000000000000000100000000000000"
	  "603d003c ffff80000c003e00:603d000c0080ffff", "", 0, "", NULL },
	{ "gdb, format a",
	  "0xffff80000c003d30:\t0xffff80000c003d60\t0xffff800008002ab4 <__schedule+68>\n"
	  "0xffff80000c003d40:\t0x0\t0x10\n"
	  "0xffff80000c003d50:\t0x12\t0x34\n",
	  "ffff80000c003d30:603d000c0080ffffb42a00080080ffff00000000000000001000000000000000"
	  "12000000000000003400000000000000", "", 0, "", NULL },
	{ "gdb, two short words alone: only the place of the first is certain",
	  "0xffff80000c003d40:\t0x12\t0x34\n"
	  "0xffff80000c003d50:\t0x56\t0x78\n",
	  "ffff80000c003d40:12 ffff80000c003d50:56", "", 0, "", NULL },
	{ "gdb, no memory there",
	  "0xffff90000c003f00:\tCannot access memory at address 0xffff90000c003f00\n",
	  "", "", 0, "", NULL },
	{ "OpenOCD",
	  "> mdd 0xffff800080038000 4\n"
	  "0xffff800080038000: 0000000057ac6e9d ffff80000c003d60 0000000000000000 "
	  "0000000000000001 \n"
	  "> mdw 0xffff800080038020 2\n"
	  "0xffff800080038020: 08002ab4 ffff8000 \n"
	  "> mdb phys 0x40000000 4\n"
	  "0x0000000040000000: 01 02 03 04 \n",
	  "ffff800080038000:9d6eac5700000000603d000c0080ffff00000000000000000100000000000000"
	  "b42a00080080ffff", "40000000:01020304", 0, "", NULL },
	{ "crash rd, all widths",
	  "crash> rd ffff80000a03bda0 2\n"
	  "ffff80000a03bda0:  ffff80000a03bde0 7284800008ce03b0   ...............r\n"
	  "crash> rd -32 ffff80000a03bdb0 4\n"
	  "ffff80000a03bdb0:  1fe9ff80 ffff0000 09cc8dc0 ffff8000   ................\n"
	  "ffff80000a03bdc0:  0011 0000 0000 0000 0000 0000 0000 0000   ................\n"
	  "ffff80000a03bdd0:  04 00 00 00 00 00 00 00 00 df 76 77 15 a3 93 f0   ..........vw....\n",
	  "ffff80000a03bda0:e0bd030a0080ffffb003ce08008084728" "0ffe91f0000ffffc08dcc090080ffff"
	  "11000000000000000000000000000000040000000000000000df767715a393f0", "", 0, "", NULL },
	{ "crash rd, a short row",
	  "ffff80000a03bda0:  ffff80000a03bde0 7284800008ce03b0   ...............r\n"
	  "ffff80000a03bdb0:  4142434445464748                    HGFEDCBA\n",
	  "ffff80000a03bda0:e0bd030a0080ffffb003ce08008084724847464544434241", "", 0, "", NULL },
	{ "crash rd -p",
	  "crash> rd -p 40000000 2\n"
	  "        40000000:  0000000000000001 0000000000000002   ................\n",
	  "", "40000000:01000000000000000200000000000000", 0, "", NULL },
	{ "crash bt -f",
	  " #0 [ffff80000a03bda0] __switch_to at ffff800008cdffc4\n"
	  "    ffff80000a03bda0: ffff80000a03bde0 7284800008ce03b0 \n"
	  "    ffff80000a03bdb0: ffff00001fe9ff80 ffff800009cc8dc0 \n"
	  " #1 [ffff80000a03bde0] __schedule at ffff800008ce03ac\n"
	  "    ffff80000a03bde0: ffff80000a03be40 3cfa800008ce09e8 \n",
	  "ffff80000a03bda0:e0bd030a0080ffffb003ce080080847280ffe91f0000ffffc08dcc090080ffff "
	  "ffff80000a03bde0:40be030a0080ffffe809ce080080fa3c", "", 0, "", NULL },
	{ "crash bt -F and bt -FF",
	  "    ffff80000a03bdf0: [task_struct]    [ffff000002621040:task_struct] \n"
	  "    ffff80000a03be00: kthread_create_list 0000000000000001 \n"
	  "    ffff80000a03be20: kthread+0x10     [kmalloc-128]    \n",
	  "ffff80000a03bdf8:401062020000ffff ffff80000a03be08:0100000000000000", "", 0,
	  "ffff80000a03bdf0=?+0 ffff80000a03be00=kthread_create_list+0 "
	  "ffff80000a03be20=kthread+16 ffff80000a03be28=?+0 ", NULL },
	{ "crash bt -r",
	  "ffff80000a03bbe0:  cpu_bit_bitmap+64 root_task_group  \n"
	  "ffff80000a03bbf0:  gic_chip         ffff000008c86980 \n"
	  "ffff80000a03bc00:  (scene module)+24 __kvm_nvhe_$d.1+8 \n",
	  "ffff80000a03bbf8:8069c8080000ffff", "", 0,
	  "ffff80000a03bbe0=cpu_bit_bitmap+64 ffff80000a03bbe8=root_task_group+0 "
	  "ffff80000a03bbf0=gic_chip+0 ffff80000a03bc00=?+0 ffff80000a03bc08=__kvm_nvhe_$d.1+8 ",
	  NULL },
	{ "xxd -o: addresses of its own",
	  "ffff80000c000000: 2800 000c 0080 ffff 582a 0008 0080 ffff  (.......X*......\n",
	  "ffff80000c000000:2800000c0080ffff582a00080080ffff", "", 0, "", NULL },
	{ "no base",
	  "some text\n00000000: 2800 000c 0080 ffff 582a 0008 0080 ffff  (.......X*......\n",
	  "", "", 2, "", NULL },
	{ "no base, but in a log it is not meant",
	  "[   12.345678] 00000000: 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b a5  "
	  "kkkkkkkkkkkkkkk.\n",
	  "", "", 0, "", NULL },
	{ "KASAN's shadow bytes are none",
	  "[   12.345678] Memory state around the buggy address:\n"
	  "[   12.345678]  ffff0000036fc900: fa fb fb fb fb fb fb fb fb fb fb fb fb fb fb fb\n"
	  "[   12.345678] >ffff0000036fca00: fc fc fc fc fc fc fc fc fa fb fb fb fb fb fb fb\n"
	  "[   12.345678]                       ^\n"
	  ">ffff0000036fca00: fc fc fc fc fc fc fc fc fa fb fb fb fb fb fb fb\n",
	  "", "", 0, "", NULL },
	{ "lists of crash and others are none",
	  "VIRTUAL           PHYSICAL\n"
	  "ffff80000834ba40  429aa000\n"
	  "ffff0000024a8840   aaaad0c80000 aaaad0c92000 875 /bin/busybox\n"
	  "ffff800008010000 T _text\n"
	  "20241122 1234 5678\n"
	  "*\n"
	  "0000001000\n"
	  "00:11:22:33:44:55\n"
	  "12345678: dead beef\n",
	  "", "", 0, "", "no other one continues" },
	{ "od -A n",
	  " ffff80000c000028 ffff800008002a58\n 0000000000000000 0000000000000000\n",
	  "", "", 0, "", "without an address" },
	{ "xxd -p",
	  "2800000c0080ffff582a00080080ffff0000000000000000000000000000\n",
	  "", "", 0, "", "without an address" },
	{ "od",
	  "0000000 000050 006000 100000 177777 025130 004000 100000 177777\n",
	  "", "", 0, "", "octal or decimal" },
	{ "xxd -b",
	  "00000000: 00101000 00000000 00000000 00001100 00000000 10000000  (.....\n",
	  "", "", 0, "", "too short or too long" },
	{ "rows in any order, and twice, join; one that is missing is a hole",
	  "ffff80000c003f10: 0x0000000000000003 0x0000000000000004\n"
	  "ffff80000c003f00: 0x0000000000000001 0x0000000000000002\n"
	  "ffff80000c003f30: 0x0000000000000007 0x0000000000000008\n"
	  "0xffff80000c003f08:\t0x0000000000000002\n",
	  "ffff80000c003f00:0100000000000000020000000000000003000000000000000400000000000000 "
	  "ffff80000c003f30:07000000000000000800000000000000", "", 0, "", NULL },
	{ "the last word of a text that was cut",
	  "ffff80000c003f00: 0x0000000000000001 0x0000000000000002\n"
	  "ffff80000c003f20: 0x0000000000000003 0x00000000",
	  "ffff80000c003f00:01000000000000000200000000000000", "", 0, "", NULL },
};

static void test_texts(void **state)
{
	static char buf[4096], names[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(text_rows) / sizeof(text_rows[0]); i++) {
		const struct text_row *row = &text_rows[i];
		struct rw_error *err;
		struct rw_hexdump *dump = read_text(row->text, strlen(row->text), &err);

		if (!err)
			err = rw_hexdump_finish(dump, RW_HEXDUMP_OFFSET, 0);
		if (err)
			fail_msg("%s: %s", row->name, err->message);
		describe(dump, RW_HEXDUMP_VIRTUAL, buf, sizeof(buf));
		if (strcmp(buf, row->virtual))
			fail_msg("%s: virtual '%s'", row->name, buf);
		describe(dump, RW_HEXDUMP_PHYSICAL, buf, sizeof(buf));
		if (strcmp(buf, row->physical))
			fail_msg("%s: physical '%s'", row->name, buf);
		if (rw_hexdump_baseless(dump) != row->baseless)
			fail_msg("%s: baseless %zu", row->name, rw_hexdump_baseless(dump));
		size_t nr, used = 0, line = 0;
		const struct rw_hexdump_name *found = rw_hexdump_names(dump, &nr);
		*names = '\0';
		for (size_t j = 0; j < nr; j++)
			used += snprintf(names + used, sizeof(names) - used, "%llx=%s+%llu ",
					 (unsigned long long)found[j].addr,
					 found[j].name ? found[j].name : "?",
					 (unsigned long long)found[j].off);
		if (strcmp(names, row->names))
			fail_msg("%s: names '%s'", row->name, names);
		const char *hint = rw_hexdump_hint(dump, &line);
		if (row->hint && (!hint || !strstr(hint, row->hint) || !line))
			fail_msg("%s: hint '%s'", row->name, hint ? hint : "none");
		rw_hexdump_destroy(dump);
	}
}

/* ---- errors --------------------------------------------------------------------- */

static const struct error_row {
	const char *name, *text;
	enum rw_hexdump_space space;
	uint64_t base;
	const char *error;
} error_rows[] = {
	{ "two rows that disagree",
	  "ffff80000c003f00: 0x0000000000000001 0x0000000000000002\n"
	  "text\n"
	  "ffff80000c003f00: 0x0000000000000001 0x0000000000000003\n",
	  RW_HEXDUMP_OFFSET, 0, "line 3: at 0xffff80000c003f08: other bytes than line 1" },
	{ "two tools that disagree, in the middle of rows",
	  "0xffff80000c003f08:\t0x0000000000000009\n"
	  "ffff80000c003ef0: 0x0000000000000001 0x0000000000000002\n"
	  "ffff80000c003f00: 0x0000000000000001 0x0000000000000002\n",
	  RW_HEXDUMP_OFFSET, 0, "line 3: at 0xffff80000c003f08: other bytes than line 1" },
	{ "a word that is damaged",
	  "00000000: 2800 000c 0080 ffff 582a 0008 0080 ffff  (.......X*......\n"
	  "00000010: 0000 00x0 0000 0000 0000 0000 0000 0000  ................\n",
	  RW_HEXDUMP_VIRTUAL, BASE, "line 2: '00x0' is no word" },
	{ "the same of QEMU, crash, gdb and OpenOCD",
	  "ffff80000c003f00: 0x0000000000000001 0x0000000000000002\n"
	  "ffff80000c003f10: 0x0000000000000001 0x00000[12.3] other\n",
	  RW_HEXDUMP_OFFSET, 0, "line 2: '0x00000[12.3]' is no word" },
	{ "crash",
	  "ffff80000a03bda0:  ffff80000a03bde0 7284800008ce03b0   ...............r\n"
	  "ffff80000a03bdb0:  ffff80000a03bde0 7284800008?e03b0   ...............r\n",
	  RW_HEXDUMP_OFFSET, 0, "line 2: '7284800008?e03b0' is no word" },
	{ "gdb",
	  "0xffff80000c003d30:\t0xffff80000c003d60\t0xffff800008002ab4\n"
	  "0xffff80000c003d40:\t0xffff80000c003d60\t0xffff800008002abg\n",
	  RW_HEXDUMP_OFFSET, 0, "line 2: '0xffff800008002abg' is no word" },
	{ "OpenOCD",
	  "0xffff800080038000: 0000000057ac6e9d ffff80000c003d60\n"
	  "0xffff800080038010: 0000000057ac6e9d ffff80000c003d6\n",
	  RW_HEXDUMP_OFFSET, 0, "line 2: 'ffff80000c003d6' is no word" },
	{ "od",
	  "000000 ffff80000c000028 ffff800008002a58\n"
	  "000010 ffff80000c000028 ffff800008002a5\n",
	  RW_HEXDUMP_VIRTUAL, BASE, "line 2: 'ffff800008002a5' is no word" },
	{ "offsets of no clear base",
	  "0000000 0000 0000 0000 0000 0000 0000 0000 0000\n*\n0040000\n",
	  RW_HEXDUMP_VIRTUAL, BASE, "line 1: the offsets of this dump can be octal" },
	{ "a base for what has addresses",
	  "ffff80000c003f00: 0x0000000000000001 0x0000000000000002\n",
	  RW_HEXDUMP_VIRTUAL, BASE, "line 1: this dump has addresses of its own" },
	{ "behind the end of memory",
	  "00000000: 2800 000c 0080 ffff 582a 0008 0080 ffff  (.......X*......\n"
	  "00000010: 2800 000c 0080 ffff 582a 0008 0080 ffff  (.......X*......\n",
	  RW_HEXDUMP_VIRTUAL, UINT64_MAX - 15, "line 2: its offset does not fit" },
	{ "across the end of memory",
	  "00000000: 2800 000c 0080 ffff 582a 0008 0080 ffff  (.......X*......\n",
	  RW_HEXDUMP_VIRTUAL, UINT64_MAX - 7, "line 1: its bytes do not fit" },
	{ "rows that stand for too much",
	  "00000000  28 00 00 0c 00 80 ff ff  58 2a 00 08 00 80 ff ff  |(.......X*......|\n"
	  "*\n"
	  "7ffffff0  28 00 00 0c 00 80 ff ff  58 2a 00 08 00 80 ff ff  |(.......X*......|\n",
	  RW_HEXDUMP_VIRTUAL, BASE, "line 1: rows up to here stand for more than 64 MiB" },
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(error_rows) / sizeof(error_rows[0]); i++) {
		const struct error_row *row = &error_rows[i];
		struct rw_error *err;
		struct rw_hexdump *dump = read_text(row->text, strlen(row->text), &err);

		if (!err)
			err = rw_hexdump_finish(dump, row->space, row->base);
		if (!err)
			fail_msg("%s: no error", row->name);
		if (!strstr(err->message, row->error))
			fail_msg("%s: '%s'", row->name, err->message);
		assert_null(strchr(err->message, '\n'));
		rw_error_destroy(err);
		rw_hexdump_destroy(dump);
	}
}

/* ---- ambiguous words ------------------------------------------------------------- */

/** Without a printable character that tells, the addresses of a kernel do. */
static void test_order(void **state)
{
	static const struct {
		const char *text, *want, *why;
	} rows[] = {
		{ "00000000: ffff80000c003d60 0000000000000000  `=..............\n",
		  "0:603d000c0080ffff0000000000000000", "by the printable characters" },
		{ "00000000: 10000000ffff8000 0000000000000000  ................\n",
		  "0:10000000ffff80000000000000000000",
		  "as this tool prints without further options" },
		{ "00000000: ffff80000c000010 0000000000000000  ................\n",
		  "0:1000000c0080ffff0000000000000000", "by the kernel addresses in them" },
		{ "00000000: 1000000c0080ffff 0000000000000000  ................\n",
		  "0:1000000c0080ffff0000000000000000", "by the kernel addresses in them" },
		{ "000000 0c000010 ffff8000 00000000 00000000\n000010\n",
		  "0:1000000c0080ffff0000000000000000", "by the kernel addresses in them" },
		{ "000000 1000000c 0080ffff 00000000 00000000\n000010\n",
		  "0:1000000c0080ffff0000000000000000", "by the kernel addresses in them" },
		{ "000000 00000001 00000000\n000008\n", "0:0100000000000000",
		  "as this tool prints without further options" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rw_error *err;
		struct rw_hexdump *dump = read_text(rows[i].text, strlen(rows[i].text), &err);
		char buf[256];
		size_t nr;

		assert_null(err);
		assert_null(rw_hexdump_finish(dump, RW_HEXDUMP_PHYSICAL, 0));
		describe(dump, RW_HEXDUMP_PHYSICAL, buf, sizeof(buf));
		const struct rw_hexdump_note *notes = rw_hexdump_notes(dump, &nr);
		if (strcmp(buf, rows[i].want) || nr != 1 || strcmp(notes->why, rows[i].why))
			fail_msg("%s: %s %s", rows[i].text, buf, nr ? notes->why : "");
		rw_hexdump_destroy(dump);
	}
}

/* ---- places ---------------------------------------------------------------------- */

static void test_places(void **state)
{
	static const char text[] = "(qemu) x/6gx 0xffff80000c003f00\n"
		"ffff80000c003f00: 0x0000000000000001 0x0000000000000002\n"
		"ffff80000c003f10: 0x0000000000000003 0x0000000000000004\n"
		"\n"
		"ffff80000c003f10: 0x0000000000000003 0x0000000000000004\n"
		"ffff80000c003f20: 0x0000000000000005 0x0000000000000006\n";
	struct rw_error *err;
	struct rw_hexdump *dump = read_text(text, strlen(text), &err);
	size_t nr;

	(void)state;
	assert_null(err);
	assert_null(rw_hexdump_finish(dump, RW_HEXDUMP_OFFSET, 0));
	const struct rw_hexdump_span *span = rw_hexdump_spans(dump, &nr);
	assert_int_equal(nr, 1);
	assert_int_equal(span->size, 48);
	assert_int_equal(span->nr_places, 3);
	static const size_t lines[] = { 2, 3, 6 };
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(span->places[i].addr, 0xffff80000c003f00 + 16 * i);
		assert_int_equal(span->places[i].line, lines[i]);
	}
	assert_int_equal(rw_hexdump_nr_rows(dump), 4);
	rw_hexdump_destroy(dump);
}

/** A line of 10 MB, of each kind. */
static void test_long_lines(void **state)
{
	static const char *const parts[] = { "A", "00", " 0000", "0", " ", "\t0x00", "<", "*",
					     ":" };
	static const char *const starts[] = { "", "00000000: ", "0000000 ", "0xffff80000c000000:\t",
					      "ffff80000c000000: ", "ffff80000c000000:  ",
					      "00000000  00 " };
	const size_t size = 10 << 20;
	char *text = malloc(size + 64);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++) {
			size_t used = strlen(strcpy(text, starts[i])), part = strlen(parts[j]);
			struct rw_error *err;

			for (; used + part < size; used += part)
				memcpy(text + used, parts[j], part);
			struct rw_hexdump *dump = read_text(text, used, &err);
			assert_null(err);
			err = rw_hexdump_finish(dump, RW_HEXDUMP_OFFSET, 0);
			rw_error_destroy(err);
			rw_hexdump_destroy(dump);
		}
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tools),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
