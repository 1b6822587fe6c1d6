#include "wiring/lambda/relay_function.h"

int main() {
  return users::wiring::RunRelay();
}
