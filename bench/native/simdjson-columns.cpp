// The baseline: simdjson On-Demand, message by message, into the same columns that tickforge fills.
//
//   simdjson-columns <type> <messages.bin>
//
// messages.bin: u32 count, u32 tiles, then count × (u32 offset, u32 length), then the bytes, which are laid into memory
// `tiles` times. Reads one command a line on standard input and answers each with a line, so that the driver can
// alternate runs of this program with its own in one session:
//   run <messages>    parses so many messages, through all tiles and round again: "<nanoseconds> <messages> <checksum>"
//   evict <bytes>     walks a buffer of that size, so that no cache holds the messages: "evicted"
#include <simdjson.h>
#include <charconv>
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
  std::vector<double> values;
  size_t used = 0;
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

// The ticker of 24 hours: fifteen decimals, five integers.
static inline void ticker24h(ondemand::object m, Columns &c, size_t row) {
  static constexpr const char *decimals[] = {"p", "P", "w", "x", "c", "Q", "b", "B", "a", "A", "o", "h", "l", "v", "q"};
  static constexpr const char *integers[] = {"O", "C", "F", "L", "n"};
  c.i64[0][row] = m["E"].get_int64();
  c.symbol[row] = c.symbols.intern(string_view(m["s"].get_string()));
  size_t column = 1;
  for (const char *key : decimals) c.i64[column++][row] = decimal8(string_view(m.find_field(key).get_string()));
  for (const char *key : integers) c.i64[column++][row] = m.find_field(key).get_int64();
}

// Of a whole feed: every value of every message, numbers and numeric texts as doubles, names as ids, in one array.
static inline void put(Columns &c, double value) { c.values[c.used++ & 65535] = value; }
static void everyValue(ondemand::value value, Columns &c) {
  switch (value.type()) {
    case ondemand::json_type::object:
      for (auto field : value.get_object()) everyValue(field.value(), c);
      break;
    case ondemand::json_type::array:
      for (auto item : value.get_array()) everyValue(item.value(), c);
      break;
    case ondemand::json_type::number:
      put(c, value.get_double());
      break;
    case ondemand::json_type::boolean:
      put(c, bool(value.get_bool()));
      break;
    case ondemand::json_type::string: {
      string_view text = value.get_string();
      double number;
      if (!text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc() && end == text.data() + text.size()) { put(c, number); break; }
      }
      // Texts that never repeat must not fill the table.
      put(c, text.size() <= 24 && c.symbols.count < 49152 ? c.symbols.intern(text) : 0);
      break;
    }
    default:
      if (!value.is_null()) throw simdjson_error(INCORRECT_TYPE);
      put(c, 0);
  }
}

using Parse = void (*)(ondemand::document &, Columns &, size_t);
template <void (*parse)(ondemand::object, Columns &, size_t)>
static void fields(ondemand::document &document, Columns &c, size_t row) { parse(document.get_object(), c, row); }
static void everything(ondemand::document &document, Columns &c, size_t) { everyValue(document.get_value(), c); }
static Parse parseOf(string_view type) {
  if (type == "aggTrade") return fields<aggTrade>;
  if (type == "bookTicker") return fields<bookTicker>;
  if (type == "ticker24h") return fields<ticker24h>;
  if (type == "depthUpdate") return fields<depthUpdate>;
  if (type == "l2update") return fields<l2update>;
  return type == "generic" ? everything : nullptr;
}

static void evict(size_t bytes) {
  static std::vector<unsigned char> buffer;
  buffer.resize(bytes);
  for (size_t at = 0; at < bytes; at += 64) buffer[at]++;
}

int main(int argc, char **argv) {
  if (argc != 3) { std::fprintf(stderr, "usage: simdjson-columns <aggTrade|bookTicker|ticker24h|depthUpdate|l2update|generic> <messages.bin>\n"); return 1; }
  const Parse parse = parseOf(argv[1]);
  if (parse == nullptr) { std::fprintf(stderr, "unknown type %s\n", argv[1]); return 1; }
  FILE *file = std::fopen(argv[2], "rb");
  if (file == nullptr) { std::perror(argv[2]); return 1; }
  uint32_t header[2];
  if (std::fread(header, 4, 2, file) != 2) { std::perror("read"); return 1; }
  const uint32_t count = header[0], tiles = header[1];
  std::vector<uint32_t> descriptors(2ull * count);
  if (std::fread(descriptors.data(), 8, count, file) != count) { std::perror("read"); return 1; }
  const size_t block = descriptors[2 * count - 2] + descriptors[2 * count - 1];
  const size_t capacity = block * tiles + SIMDJSON_PADDING;
  std::vector<char> bytes(capacity);
  if (std::fread(bytes.data(), 1, block, file) != block) { std::perror("read"); return 1; }
  std::fclose(file);
  for (uint32_t tile = 1; tile < tiles; tile++) std::memcpy(bytes.data() + tile * block, bytes.data(), block);

  Columns columns;
  columns.i64.assign(24, std::vector<int64_t>(ROWS));
  columns.symbol.resize(ROWS); columns.flag.resize(ROWS);
  columns.bidOffsets.resize(ROWS + 1); columns.askOffsets.resize(ROWS + 1);
  for (auto *v : {&columns.bidPrice, &columns.bidSize, &columns.askPrice, &columns.askSize}) v->resize(ITEMS);
  columns.side.resize(ITEMS);
  columns.values.resize(65536);
  ondemand::parser parser;
  std::printf("%s\n", get_active_implementation()->name().c_str());
  std::fflush(stdout);
  std::string line;
  while (std::getline(std::cin, line)) {
    unsigned long long amount = 0;
    if (std::sscanf(line.c_str(), "evict %llu", &amount) == 1) {
      evict(amount);
      std::printf("evicted\n");
      std::fflush(stdout);
      continue;
    }
    if (std::sscanf(line.c_str(), "run %llu", &amount) != 1) { std::fprintf(stderr, "unknown command %s\n", line.c_str()); return 1; }
    auto start = std::chrono::steady_clock::now();
    size_t rows = 0;
    int64_t checksum = 0;
    uint32_t tile = 0;
    uint32_t k = 0;
    for (unsigned long long done = 0; done < amount; done++) {
      const size_t at = tile * block + descriptors[2 * k];
      ondemand::document document = parser.iterate(bytes.data() + at, descriptors[2 * k + 1], capacity - at);
      parse(document, columns, rows);
      if (++k == count) { k = 0; if (++tile == tiles) tile = 0; }
      if (++rows == ROWS) { checksum += columns.i64[0][rows - 1] + (int64_t)columns.bids + (int64_t)columns.values[0]; rows = 0; columns.bids = columns.asks = 0; }
    }
    auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
    std::printf("%lld %llu %lld\n", (long long)nanoseconds, amount, (long long)checksum);
    std::fflush(stdout);
    columns.bids = columns.asks = 0;
  }
  return 0;
}
