// SPDX-License-Identifier: MIT

int opaque(int);

int macro(int x) { return opaque(x); }

int use(int x) {
#ifdef __OPTIMIZE__
    return opaque(x) * 3;
#else
    return x;
#endif
}
