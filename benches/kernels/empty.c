// Nothing: what starting and printing cost, which is subtracted from the others.
#include "kernel.h"

int main(void) { return report(0); }
