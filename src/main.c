// SPDX-License-Identifier: GPL-2.0-or-later
//
// rewalk: chooses the command.

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *argv0;
	const char *what;
} commands[] = {
	{ "trace", command_trace, "rewalk trace",
	  "walk stacks, print frames and verdicts (default)" },
	{ "ranges", command_ranges, "rewalk ranges", "text ranges and SYM_CODE ranges" },
	{ "info", command_info, "rewalk info", "what was recognised, and what is missing" },
	{ "export", command_export, "rewalk export",
	  "a small file of chosen tasks, to be walked again anywhere" },
	{ "models", command_models, "rewalk models",
	  "the unwinder generations that can be replayed" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *file)
{
	fputs("Usage: rewalk [trace] [OPTION...] VMLINUX [INPUT...]\n"
	      "  or:  rewalk COMMAND [OPTION...] [ARGUMENT...]\n"
	      "Replay the arm64 Linux kernel's walk of a stack, and say whether the trace would "
	      "have\n"
	      "counted as reliable.\n\n", file);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(file, "  %-8s %s\n", commands[i].name, commands[i].what);
	fputs("\nThe task that panicked, all tasks, the same without a vmlinux, a raw stack:\n"
	      "  rewalk vmlinux vmcore\n"
	      "  rewalk trace -a --group vmlinux vmcore\n"
	      "  rewalk trace -a vmcore\n"
	      "  rewalk vmlinux stack.bin@ffff80000a5d8000 --regs regs.txt "
	      "--kaslr 0x484f39400000\n\n"
	      "`rewalk COMMAND --help' lists a command's options; `man rewalk' tells the rest.\n",
	      file);
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return STATUS_ERROR;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?") || !strcmp(argv[1], "help")) {
		help(stdout);
		return STATUS_OK;
	}
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name)) {
			argv[1] = (char *)commands[i].argv0;
			return commands[i].run(argc - 1, argv + 1);
		}
	}
	return command_trace(argc, argv);
}

int main(int argc, char **argv)
{
	argp_program_version_hook = command_version;
	argp_err_exit_status = STATUS_ERROR;
	// A reader that has seen enough ends us quietly.
	signal(SIGPIPE, SIG_DFL);

	int status = run(argc, argv);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "rewalk: standard output: cannot be written: %s\n",
			strerror(errno));
		return STATUS_ERROR;
	}
	return status;
}
