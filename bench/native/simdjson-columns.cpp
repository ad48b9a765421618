// The baseline: simdjson On-Demand, message by message, into the same columns that tickforge fills.
//
//   simdjson-columns <type> <messages.bin>
//
// messages.bin: u32 count, then count × (u32 offset, u32 length), then the bytes. Reads one command a line on standard
// input: "run" parses all messages once and answers "<nanoseconds> <rows> <checksum>". So the driver can alternate
// runs of this program with its own in one session.
#include <simdjson.h>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

using namespace simdjson;
using std::string_view;

// Decimal text to fixed point with eight digits after the point.
static inline int64_t decimal8(string_view text) {
  const char *p = text.data(), *end = p + text.size();
  bool negative = p < end && *p == '-';
  p += negative;
  int64_t value = 0;
  while (p < end && *p != '.') value = value * 10 + (*p++ - '0');
  int scale = 8;
  if (p < end) {
    ++p;
    while (p < end && scale > 0) { value = value * 10 + (*p++ - '0'); --scale; }
  }
  static const int64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  value *= powers[scale];
  return negative ? -value : value;
}

// Symbols to dense ids: open addressing, one comparison for a hit.
struct Symbols {
  struct Slot { uint32_t length = 0; uint32_t id = 0; char text[24] = {}; };
  std::vector<Slot> slots = std::vector<Slot>(65536);
  uint32_t count = 0;
  inline uint32_t intern(string_view name) {
    uint64_t hash = name.size();
    uint64_t word = 0;
    std::memcpy(&word, name.data(), name.size() < 8 ? name.size() : 8);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
    if (name.size() > 8) { word = 0; std::memcpy(&word, name.data() + name.size() - 8, 8); hash = (hash ^ word) * 0x9E3779B97F4A7C15ull; }
    size_t index = hash >> 48;
    for (;;) {
      Slot &slot = slots[index];
      if (slot.length == name.size() && std::memcmp(slot.text, name.data(), name.size()) == 0) return slot.id;
      if (slot.length == 0) {
        slot.length = (uint32_t)name.size();
        slot.id = count++;
        std::memcpy(slot.text, name.data(), name.size() < 24 ? name.size() : 24);
        return slot.id;
      }
      index = (index + 1) & 65535;
    }
  }
};

struct Columns {
  std::vector<std::vector<int64_t>> i64;
  std::vector<uint32_t> symbol;
  std::vector<uint8_t> flag;
  std::vector<int32_t> bidOffsets, askOffsets;
  std::vector<int64_t> bidPrice, bidSize, askPrice, askSize;
  std::vector<uint8_t> side;
  Symbols symbols;
  size_t bids = 0, asks = 0;
};

static constexpr size_t ROWS = 4096, ITEMS = 1 << 20;

static void levels(ondemand::array list, std::vector<int64_t> &price, std::vector<int64_t> &size, size_t &count) {
  for (auto level : list) {
    ondemand::array pair = level.get_array();
    auto it = pair.begin();
    price[count] = decimal8(string_view((*it).get_string()));
    ++it;
    size[count] = decimal8(string_view((*it).get_string()));
    ++it;
    ++count;
  }
}

static inline void aggTrade(ondemand::object m, Columns &c, size_t row) {
  c.i64[0][row] = m["E"].get_int64();
  c.symbol[row] = c.symbols.intern(string_view(m["s"].get_string()));
  c.i64[1][row] = m["a"].get_int64();
  c.i64[2][row] = decimal8(string_view(m["p"].get_string()));
  c.i64[3][row] = decimal8(string_view(m["q"].get_string()));
  c.i64[4][row] = m["f"].get_int64();
  c.i64[5][row] = m["l"].get_int64();
  c.i64[6][row] = m["T"].get_int64();
  c.flag[row] = bool(m["m"].get_bool());
}
static inline void bookTicker(ondemand::object m, Columns &c, size_t row) {
  c.i64[0][row] = m["u"].get_int64();
  c.symbol[row] = c.symbols.intern(string_view(m["s"].get_string()));
  c.i64[1][row] = decimal8(string_view(m["b"].get_string()));
  c.i64[2][row] = decimal8(string_view(m["B"].get_string()));
  c.i64[3][row] = decimal8(string_view(m["a"].get_string()));
  c.i64[4][row] = decimal8(string_view(m["A"].get_string()));
  c.i64[5][row] = m["T"].get_int64();
  c.i64[6][row] = m["E"].get_int64();
}
static inline void depthUpdate(ondemand::object m, Columns &c, size_t row) {
  c.i64[0][row] = m["E"].get_int64();
  c.i64[1][row] = m["T"].get_int64();
  c.symbol[row] = c.symbols.intern(string_view(m["s"].get_string()));
  c.i64[2][row] = m["U"].get_int64();
  c.i64[3][row] = m["u"].get_int64();
  c.i64[4][row] = m["pu"].get_int64();
  levels(m["b"].get_array(), c.bidPrice, c.bidSize, c.bids);
  levels(m["a"].get_array(), c.askPrice, c.askSize, c.asks);
  c.bidOffsets[row + 1] = (int32_t)c.bids;
  c.askOffsets[row + 1] = (int32_t)c.asks;
}
// "2021-04-17T16:43:39.071731Z" to nanoseconds.
static inline int64_t iso(string_view t) {
  auto two = [&](int k) { return (t[k] - '0') * 10 + (t[k + 1] - '0'); };
  int y = two(0) * 100 + two(2), mo = two(5), d = two(8);
  y -= mo <= 2;
  int era = y / 400, yoe = y - era * 400, doy = (153 * (mo + (mo > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  int64_t days = era * 146097LL + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
  int64_t ns = ((days * 24 + two(11)) * 60 + two(14)) * 60 + two(17);
  int64_t unit = 100000000, fraction = 0;
  for (size_t k = 20; k < t.size() && t[k] >= '0' && t[k] <= '9'; k++, unit /= 10) fraction += (t[k] - '0') * unit;
  return ns * 1000000000LL + fraction;
}
static inline void l2update(ondemand::object m, Columns &c, size_t row) {
  c.symbol[row] = c.symbols.intern(string_view(m["product_id"].get_string()));
  for (auto change : m["changes"].get_array()) {
    ondemand::array triple = change.get_array();
    auto it = triple.begin();
    c.side[c.bids] = string_view((*it).get_string())[0] == 's';
    ++it;
    c.bidPrice[c.bids] = decimal8(string_view((*it).get_string()));
    ++it;
    c.bidSize[c.bids] = decimal8(string_view((*it).get_string()));
    ++it;
    ++c.bids;
  }
  c.bidOffsets[row + 1] = (int32_t)c.bids;
  c.i64[0][row] = iso(string_view(m["time"].get_string()));
}

int main(int argc, char **argv) {
  if (argc != 3) { std::fprintf(stderr, "usage: simdjson-columns <aggTrade|bookTicker|depthUpdate|l2update> <messages.bin>\n"); return 1; }
  FILE *file = std::fopen(argv[2], "rb");
  if (file == nullptr) { std::perror(argv[2]); return 1; }
  std::fseek(file, 0, SEEK_END);
  size_t size = (size_t)std::ftell(file);
  std::rewind(file);
  std::vector<char> bytes(size + SIMDJSON_PADDING);
  if (std::fread(bytes.data(), 1, size, file) != size) { std::perror("read"); return 1; }
  std::fclose(file);
  uint32_t count;
  std::memcpy(&count, bytes.data(), 4);
  const uint32_t *descriptors = reinterpret_cast<const uint32_t *>(bytes.data() + 4);
  const char *text = bytes.data() + 4 + 8ull * count;
  const size_t room = size - (4 + 8ull * count) + SIMDJSON_PADDING;

  string_view type(argv[1]);
  void (*parse)(ondemand::object, Columns &, size_t) = type == "aggTrade" ? aggTrade : type == "bookTicker" ? bookTicker : type == "depthUpdate" ? depthUpdate : type == "l2update" ? l2update : nullptr;
  if (parse == nullptr) { std::fprintf(stderr, "unknown type %s\n", argv[1]); return 1; }
  Columns columns;
  columns.i64.assign(8, std::vector<int64_t>(ROWS));
  columns.symbol.resize(ROWS); columns.flag.resize(ROWS);
  columns.bidOffsets.resize(ROWS + 1); columns.askOffsets.resize(ROWS + 1);
  for (auto *v : {&columns.bidPrice, &columns.bidSize, &columns.askPrice, &columns.askSize}) v->resize(ITEMS);
  columns.side.resize(ITEMS);
  ondemand::parser parser;
  std::string line;
  std::printf("%s\n", get_active_implementation()->name().c_str());
  std::fflush(stdout);
  while (std::getline(std::cin, line)) {
    auto start = std::chrono::steady_clock::now();
    size_t rows = 0;
    int64_t checksum = 0;
    for (uint32_t k = 0; k < count; k++) {
      const char *p = text + descriptors[2 * k];
      const size_t length = descriptors[2 * k + 1];
      ondemand::document document = parser.iterate(p, length, room - (p - text));
      parse(document.get_object(), columns, rows);
      if (++rows == ROWS) { checksum += columns.i64[0][rows - 1] + (int64_t)columns.bids; rows = 0; columns.bids = columns.asks = 0; }
    }
    auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
    std::printf("%lld %u %lld\n", (long long)nanoseconds, count, (long long)checksum);
    std::fflush(stdout);
    columns.bids = columns.asks = 0;
  }
  return 0;
}
