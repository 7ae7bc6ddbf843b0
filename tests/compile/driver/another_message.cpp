// EXPECT: the mistake
#ifdef SHOULD_FAIL
static_assert(sizeof(int) == 0, "something else");
#endif
int main() {}
