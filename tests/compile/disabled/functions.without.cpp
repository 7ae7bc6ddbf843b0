// SPDX-License-Identifier: MIT

namespace nanotel {
struct context;
}

int opaque(int);

int macro(int x) { return opaque(x); }

#ifdef __OPTIMIZE__
int use(int x, const nanotel::context&) { return opaque(x) * 3; }
#else
int use(int x) { return x; }
#endif
