// The baseline of bench/binary.ts for SBE: a loop that copies Binance spot's trade messages into the same columns.
//
//   sbe-columns <messages.bin>      as itch-columns.cpp
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

static constexpr size_t ROWS = 4096, ITEMS = ROWS * 16;
template <typename T> static inline T load(const uint8_t *p) { T v; std::memcpy(&v, p, sizeof v); return v; }

struct Symbols {
  struct Slot { uint32_t length = 0; uint32_t id = 0; char text[24] = {}; };
  std::vector<Slot> slots = std::vector<Slot>(65536);
  uint32_t count = 0;
  inline uint32_t intern(const char *name, uint32_t length) {
    uint64_t word = 0;
    std::memcpy(&word, name, length < 8 ? length : 8);
    size_t index = ((length ^ word) * 0x9E3779B97F4A7C15ull) >> 48;
    for (;;) {
      Slot &slot = slots[index];
      if (slot.length == length && std::memcmp(slot.text, name, length) == 0) return slot.id;
      if (slot.length == 0) { slot.length = length; slot.id = count++; std::memcpy(slot.text, name, length); return slot.id; }
      index = (index + 1) & 65535;
    }
  }
};

static int64_t POWERS[19];
static inline bool scaled(int64_t mantissa, int exponent, int64_t &result) {
  const int shift = exponent + 8;
  if (shift < 0 || shift > 18) return false;
  return !__builtin_mul_overflow(mantissa, POWERS[shift], &result);
}

int main(int argc, char **argv) {
  if (argc != 2) { std::fprintf(stderr, "usage: sbe-columns <messages.bin>\n"); return 1; }
  POWERS[0] = 1;
  for (int i = 1; i < 19; i++) POWERS[i] = POWERS[i - 1] * 10;
  FILE *file = std::fopen(argv[1], "rb");
  if (file == nullptr) { std::perror(argv[1]); return 1; }
  uint32_t header[2];
  if (std::fread(header, 4, 2, file) != 2) return 1;
  const uint32_t count = header[0];
  std::vector<uint32_t> descriptors(2ull * count);
  if (std::fread(descriptors.data(), 8, count, file) != count) return 1;
  const size_t size = descriptors[2 * count - 2] + descriptors[2 * count - 1];
  std::vector<uint8_t> bytes(size + 64);
  if (std::fread(bytes.data(), 1, size, file) != size) return 1;
  std::fclose(file);
  std::vector<int64_t> eventTime(ROWS), transactTime(ROWS), id(ITEMS), price(ITEMS), quantity(ITEMS);
  std::vector<int32_t> offsets(ROWS + 1);
  std::vector<uint32_t> symbol(ROWS);
  std::vector<uint8_t> maker(ITEMS / 8);
  Symbols symbols;
  size_t rows = 0, items = 0;
  int64_t checksum = 0;
  std::printf("ready\n");
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    unsigned long long amount = 0;
    if (std::sscanf(line.c_str(), "run %llu", &amount) != 1) return 1;
    auto start = std::chrono::steady_clock::now();
    uint64_t refused = 0;
    uint32_t k = 0;
    for (unsigned long long done = 0; done < amount; done++) {
      const uint8_t *p = bytes.data() + descriptors[2 * k];
      const uint32_t length = descriptors[2 * k + 1];
      if (++k == count) k = 0;
      const uint8_t *end = p + length;
      if (length < 8 || load<uint16_t>(p + 2) != 10000 || load<uint16_t>(p + 4) != 1) { refused++; continue; }
      const uint32_t block = load<uint16_t>(p);
      if (block < 18 || length - 8 < block + 6) { refused++; continue; }
      const uint8_t *q = p + 8;
      eventTime[rows] = load<int64_t>(q) * 1000;
      transactTime[rows] = load<int64_t>(q + 8) * 1000;
      const int priceExponent = (int8_t)q[16], quantityExponent = (int8_t)q[17];
      q += block;
      const uint32_t each = load<uint16_t>(q), trades = load<uint32_t>(q + 2);
      q += 6;
      if (each < 25 || (uint64_t)trades * each > (uint64_t)(end - q) || items + trades > ITEMS) { refused++; continue; }
      offsets[rows] = (int32_t)items;
      bool good = true;
      for (uint32_t t = 0; t < trades; t++, q += each, items++) {
        id[items] = load<int64_t>(q);
        good &= scaled(load<int64_t>(q + 8), priceExponent, price[items]) & scaled(load<int64_t>(q + 16), quantityExponent, quantity[items]);
        const uint8_t bit = 1 << (items & 7);
        maker[items >> 3] = (maker[items >> 3] & ~bit) | (q[24] ? bit : 0);
      }
      offsets[rows + 1] = (int32_t)items;
      if (!good || q >= end || (size_t)(end - q - 1) < q[0]) { refused++; continue; }
      symbol[rows] = symbols.intern((const char *)q + 1, q[0]);
      if (++rows == ROWS) { checksum += eventTime[ROWS - 1] + (int64_t)items; rows = 0; items = 0; }
    }
    auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
    std::printf("%lld %llu %lld\n", (long long)nanoseconds, (unsigned long long)refused, (long long)checksum);
    std::fflush(stdout);
  }
  return 0;
}
