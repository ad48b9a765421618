// The baseline of bench/book.ts: an order book as C++ programs have it, of std::unordered_map and std::map.
//
//   order-book <day.itch> <messages>
//
// day.itch: ITCH 5.0 messages, each after its length (2 bytes, big endian). All but the last <messages> are read without
// looking at the clock. Prints "<nanoseconds a message> <orders> <levels> <sum of the best prices and their shares>".
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_map>
#include <vector>

static inline uint16_t be16(const uint8_t *p) { uint16_t v; std::memcpy(&v, p, 2); return __builtin_bswap16(v); }
static inline uint32_t be32(const uint8_t *p) { uint32_t v; std::memcpy(&v, p, 4); return __builtin_bswap32(v); }
static inline uint64_t be64(const uint8_t *p) { uint64_t v; std::memcpy(&v, p, 8); return __builtin_bswap64(v); }

struct Level { uint64_t shares = 0; uint32_t orders = 0; };
// Keys of buying sides are complements, so that the best is first on both.
using Levels = std::map<uint32_t, Level>;
struct Order { uint32_t side; uint32_t price; uint32_t shares; };

static std::unordered_map<uint64_t, Order> orders;
static std::vector<Levels> sides(131072);
static inline uint32_t keyOf(uint32_t side, uint32_t price) { return side & 1 ? price : ~price; }

static void add(uint64_t reference, uint32_t side, uint32_t shares, uint32_t price) {
  if (shares == 0 || !orders.try_emplace(reference, Order{side, price, shares}).second) return;
  Level &level = sides[side][keyOf(side, price)];
  level.shares += shares;
  level.orders++;
}
static void take(std::unordered_map<uint64_t, Order>::iterator found, uint32_t shares) {
  Order &order = found->second;
  if (shares > order.shares) shares = order.shares;
  Levels &levels = sides[order.side];
  const auto level = levels.find(keyOf(order.side, order.price));
  level->second.shares -= shares;
  order.shares -= shares;
  if (order.shares > 0) return;
  if (--level->second.orders == 0) levels.erase(level);
  orders.erase(found);
}
static void apply(const uint8_t *p) {
  const char type = static_cast<char>(p[0]);
  if (type == 'A' || type == 'F') { add(be64(p + 11), be16(p + 1) * 2u + (p[19] == 'S'), be32(p + 20), be32(p + 32)); return; }
  if (type != 'E' && type != 'C' && type != 'X' && type != 'D' && type != 'U') return;
  const auto found = orders.find(be64(p + 11));
  if (found == orders.end()) return;
  if (type == 'D') take(found, found->second.shares);
  else if (type != 'U') take(found, be32(p + 19));
  else {
    const uint32_t side = found->second.side;
    take(found, found->second.shares);
    add(be64(p + 19), side, be32(p + 27), be32(p + 31));
  }
}

int main(int argc, char **argv) {
  if (argc != 3) { std::fprintf(stderr, "usage: order-book <day.itch> <messages>\n"); return 1; }
  FILE *file = std::fopen(argv[1], "rb");
  if (file == nullptr) { std::perror(argv[1]); return 1; }
  std::fseek(file, 0, SEEK_END);
  std::vector<uint8_t> bytes(std::ftell(file) + 64);
  std::rewind(file);
  const size_t size = std::fread(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
  std::vector<uint32_t> starts;
  for (size_t at = 0; at + 2 <= size; at += 2 + be16(&bytes[at])) starts.push_back(at + 2);
  const size_t timed = std::strtoull(argv[2], nullptr, 10);
  const size_t first = starts.size() - timed;
  for (size_t index = 0; index < first; index++) apply(&bytes[starts[index]]);
  const auto started = std::chrono::steady_clock::now();
  for (size_t index = first; index < starts.size(); index++) apply(&bytes[starts[index]]);
  const double nanoseconds = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - started).count();
  uint64_t sum = 0, levels = 0;
  for (size_t side = 0; side < sides.size(); side++) {
    levels += sides[side].size();
    if (!sides[side].empty()) sum += (side & 1 ? sides[side].begin()->first : ~sides[side].begin()->first) + sides[side].begin()->second.shares;
  }
  std::printf("%f %zu %zu %llu\n", nanoseconds / static_cast<double>(timed), orders.size(), static_cast<size_t>(levels), static_cast<unsigned long long>(sum));
}
