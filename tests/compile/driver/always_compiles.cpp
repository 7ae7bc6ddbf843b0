// EXPECT: the mistake
int main() {}
