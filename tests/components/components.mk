# What the tests of components boot: the examples of the SDK.
TEST_NEEDS += examples
