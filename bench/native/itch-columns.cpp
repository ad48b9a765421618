// The baseline of bench/binary.ts: a loop that copies the same fields of TotalView-ITCH 5.0 messages into the same columns.
//
//   itch-columns <messages.bin>
//
// messages.bin: u32 count, u32 unused, then count × (u32 offset, u32 length), then the bytes. Reads one command a line:
//   run <messages>    parses so many messages, round and round: "<nanoseconds> <messages> <checksum>"
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

static constexpr size_t ROWS = 4096;

static inline uint16_t be16(const uint8_t *p) { uint16_t v; std::memcpy(&v, p, 2); return __builtin_bswap16(v); }
static inline uint32_t be32(const uint8_t *p) { uint32_t v; std::memcpy(&v, p, 4); return __builtin_bswap32(v); }
static inline uint64_t be64(const uint8_t *p) { uint64_t v; std::memcpy(&v, p, 8); return __builtin_bswap64(v); }
static inline uint64_t be48(const uint8_t *p) { uint64_t v; std::memcpy(&v, p, 8); return __builtin_bswap64(v) >> 16; }

// Names of up to eight bytes, padded with spaces, to dense ids: open addressing, one comparison for a hit.
struct Symbols {
  struct Slot { uint64_t name = 0; uint32_t id = 0; uint32_t used = 0; };
  std::vector<Slot> slots = std::vector<Slot>(65536);
  uint32_t count = 0;
  inline uint32_t intern(uint64_t name) {
    size_t index = (name * 0x9E3779B97F4A7C15ull) >> 48;
    for (;;) {
      Slot &slot = slots[index];
      if (slot.used && slot.name == name) return slot.id;
      if (!slot.used) { slot.used = 1; slot.name = name; slot.id = count++; return slot.id; }
      index = (index + 1) & 65535;
    }
  }
};

struct Table {
  size_t rows = 0;
  std::vector<uint32_t> locate, tracking, shares, symbol, side, mpid;
  std::vector<int64_t> time, price;
  std::vector<uint64_t> reference, second;
  std::vector<uint8_t> flag;
  Table() {
    for (auto *v : {&locate, &tracking, &shares, &symbol, &side, &mpid}) v->resize(ROWS);
    for (auto *v : {&time, &price}) v->resize(ROWS);
    for (auto *v : {&reference, &second}) v->resize(ROWS);
    flag.resize(ROWS / 8);
  }
};

int main(int argc, char **argv) {
  if (argc != 2) { std::fprintf(stderr, "usage: itch-columns <messages.bin>\n"); return 1; }
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

  Table add, attributed, executed, cancelled, deleted, replaced, trade;
  Symbols stocks, mpids;
  int64_t checksum = 0;
  uint64_t refused = 0;
  // A table that is full is handed on: here, something of it is looked at.
  auto next = [&](Table &t) { if (++t.rows == ROWS) { checksum += t.time[ROWS - 1] + (int64_t)t.reference[ROWS - 1]; t.rows = 0; } };
  auto sideOf = [&](uint8_t code) -> uint32_t { return code == 'B' ? 0 : code == 'S' ? 1 : 255; };
  auto head = [](Table &t, const uint8_t *p) {
    t.locate[t.rows] = be16(p + 1);
    t.tracking[t.rows] = be16(p + 3);
    t.time[t.rows] = (int64_t)be48(p + 5);
  };
  auto order = [&](Table &t, const uint8_t *p) {
    head(t, p);
    t.reference[t.rows] = be64(p + 11);
    const uint32_t side = sideOf(p[19]);
    if (side == 255) return false;
    t.side[t.rows] = side;
    t.shares[t.rows] = be32(p + 20);
    uint64_t name;
    std::memcpy(&name, p + 24, 8);
    t.symbol[t.rows] = stocks.intern(name);
    t.price[t.rows] = be32(p + 32);
    return true;
  };
  std::printf("ready\n");
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    unsigned long long amount = 0;
    if (std::sscanf(line.c_str(), "run %llu", &amount) != 1) return 1;
    auto start = std::chrono::steady_clock::now();
    uint32_t k = 0;
    for (unsigned long long done = 0; done < amount; done++) {
      const uint8_t *p = bytes.data() + descriptors[2 * k];
      const uint32_t length = descriptors[2 * k + 1];
      if (++k == count) k = 0;
      switch (length == 0 ? 0 : p[0]) {
        case 'A':
          if (length != 36 || !order(add, p)) { refused++; break; }
          next(add);
          break;
        case 'F': {
          if (length != 40 || !order(attributed, p)) { refused++; break; }
          uint32_t name;
          std::memcpy(&name, p + 36, 4);
          attributed.mpid[attributed.rows] = mpids.intern(name);
          next(attributed);
          break;
        }
        case 'E':
          if (length != 31) { refused++; break; }
          head(executed, p);
          executed.reference[executed.rows] = be64(p + 11);
          executed.shares[executed.rows] = be32(p + 19);
          executed.second[executed.rows] = be64(p + 23);
          next(executed);
          break;
        case 'X':
          if (length != 23) { refused++; break; }
          head(cancelled, p);
          cancelled.reference[cancelled.rows] = be64(p + 11);
          cancelled.shares[cancelled.rows] = be32(p + 19);
          next(cancelled);
          break;
        case 'D':
          if (length != 19) { refused++; break; }
          head(deleted, p);
          deleted.reference[deleted.rows] = be64(p + 11);
          next(deleted);
          break;
        case 'U':
          if (length != 35) { refused++; break; }
          head(replaced, p);
          replaced.reference[replaced.rows] = be64(p + 11);
          replaced.second[replaced.rows] = be64(p + 19);
          replaced.shares[replaced.rows] = be32(p + 27);
          replaced.price[replaced.rows] = be32(p + 31);
          next(replaced);
          break;
        case 'P':
          if (length != 44 || !order(trade, p)) { refused++; break; }
          trade.second[trade.rows] = be64(p + 36);
          next(trade);
          break;
        default:
          refused++;
      }
    }
    auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
    std::printf("%lld %llu %lld\n", (long long)nanoseconds, (unsigned long long)refused, (long long)checksum);
    std::fflush(stdout);
  }
  return 0;
}
