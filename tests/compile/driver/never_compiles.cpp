// EXPECT: the mistake
#error never
int main() {}
