// EXPECT: the mistake
#ifdef SHOULD_FAIL
static_assert(sizeof(int) == 0, "1");
static_assert(sizeof(int) == 0, "2");
static_assert(sizeof(int) == 0, "3");
static_assert(sizeof(int) == 0, "4");
static_assert(sizeof(int) == 0, "5");
static_assert(sizeof(int) == 0, "the mistake");
#endif
int main() {}
