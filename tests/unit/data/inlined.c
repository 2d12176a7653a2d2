// SPDX-License-Identifier: GPL-2.0-or-later
//
// Code for tests/unit/lines.c, which looks at its debug information: calls inlined
// three deep, in loops and in blocks of their own, twice in one function; a part that
// the compiler may move away; functions in sections of their own.

extern int outside(int value);
int outside_twice(int value);
int leaf(int value);
int middle(int *values, int nr);
int top(int *values, int nr);
int cold_part(int value);

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS int innermost(int value)
{
	for (int i = 0; i < value; i++) {
		int sum = outside(i);

		if (sum > 100)
			return sum;
		value -= sum;
	}
	return value;
}

ALWAYS int inner(int value)
{
	if (value & 1) {
		int odd = innermost(value);

		return odd * outside(odd);
	}
	return innermost(value + 3) + 1;
}

ALWAYS int outer(int value)
{
	return inner(value) + inner(-value);
}

int leaf(int value)
{
	return value * 3 + 1;
}

__attribute__((noinline)) int middle(int *values, int nr)
{
	int sum = 0;

	for (int i = 0; i < nr; i++) {
		values[i] = outer(values[i]);
		sum += values[i];
	}
	return sum;
}

int outside_twice(int value)
{
	return outside(outside(value)) - 1;
}

int top(int *values, int nr)
{
	int sum = middle(values, nr);

	{
		int again = outer(sum);

		sum += again > 5 ? leaf(again) : outside_twice(again);
	}
	return sum;
}

int cold_part(int value)
{
	if (__builtin_expect(value > 1000, 0)) {
		outside(value);
		__builtin_trap();
	}
	return innermost(value);
}

__attribute__((section(".init.text"))) int top_of_init(int value);

int top_of_init(int value)
{
	return outer(value) + leaf(value);
}
