/* What the fuzzer's native part wants of glibc 2.38 and of GCC 13's libstdc++, for machines with older ones. */
#include <stdlib.h>

long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }

unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }

/* Older libraries make their streams ready by themselves. */
void _ZSt21ios_base_library_initv(void) {}
