#include "base/clock.h"

#include <algorithm>
#include <cstdio>

namespace users {
namespace {

using std::chrono::milliseconds;

struct CivilTime {
  std::chrono::year_month_day date;
  int hour, minute, second, millisecond;
};

CivilTime ToCivil(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  auto rest = static_cast<int>((time - day).count());
  CivilTime civil{};
  civil.date = std::chrono::year_month_day(day);
  civil.millisecond = rest % 1000;
  rest /= 1000;
  civil.second = rest % 60;
  rest /= 60;
  civil.minute = rest % 60;
  civil.hour = rest / 60;
  return civil;
}

void PutDigits(char* at, int value, int count) {
  for (int i = count - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

void PutDateAndTime(char* at, const CivilTime& civil) {
  PutDigits(at, static_cast<int>(civil.date.year()), 4);
  PutDigits(at + 5, static_cast<int>(static_cast<unsigned>(civil.date.month())), 2);
  PutDigits(at + 8, static_cast<int>(static_cast<unsigned>(civil.date.day())), 2);
  PutDigits(at + 11, civil.hour, 2);
  PutDigits(at + 14, civil.minute, 2);
  PutDigits(at + 17, civil.second, 2);
}

// Removes `count` digits from the front of `text` and returns their value, or -1 if there are
// fewer.
int TakeDigits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool Consume(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

// The fraction of a second: whole milliseconds, and whether any digit beyond them is not zero.
struct Fraction {
  milliseconds whole{0};
  bool has_finer = false;
};

std::optional<Fraction> TakeFraction(std::string_view& text) {
  if (!Consume(text, '.')) return Fraction();
  int value = 0;
  int digits = 0;
  bool finer = false;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 3) {
      value = value * 10 + (text.front() - '0');
    } else if (text.front() != '0') {
      finer = true;
    }
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (int i = digits; i < 3; ++i) value *= 10;
  return Fraction{milliseconds{value}, finer};
}

// The digits of the fraction beyond milliseconds, without trailing zeros.
std::string_view FinerDecimals(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == text.npos) return {};
  text.remove_prefix(point + 1);
  text = text.substr(0, text.find_first_not_of("0123456789"));
  text.remove_prefix(std::min<std::size_t>(text.size(), 3));
  return text.substr(0, text.find_last_not_of('0') + 1);
}

std::optional<std::chrono::minutes> TakeOffset(std::string_view& text) {
  if (Consume(text, 'Z') || Consume(text, 'z')) return std::chrono::minutes{0};
  int sign = 1;
  if (Consume(text, '-')) {
    sign = -1;
  } else if (!Consume(text, '+')) {
    return std::nullopt;
  }
  const int hours = TakeDigits(text, 2);
  if (hours < 0 || hours > 23 || !Consume(text, ':')) return std::nullopt;
  const int minutes = TakeDigits(text, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  return std::chrono::minutes{sign * (hours * 60 + minutes)};
}

}  // namespace

Timestamp SystemClock::Now() const {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

bool IsWritable(Timestamp time) {
  constexpr std::chrono::sys_days kFirst = std::chrono::year{0} / 1 / 1;
  return time >= kFirst && time < kEndOfTime;
}

std::string FormatTimestamp(Timestamp time) {
  std::string text;
  AppendTimestamp(text, time);
  return text;
}

void AppendTimestamp(std::string& out, Timestamp time) {
  out += "0000-00-00T00:00:00.000Z";
  char* const text = out.data() + out.size() - 24;
  const CivilTime civil = ToCivil(time);
  PutDateAndTime(text, civil);
  PutDigits(text + 20, civil.millisecond, 3);
}

std::string FormatSeconds(Timestamp time) {
  std::string text = "0000-00-00T00:00:00Z";
  PutDateAndTime(text.data(), ToCivil(time));
  return text;
}

std::optional<Timestamp> ParseTimestamp(std::string_view text) {
  const int year = TakeDigits(text, 4);
  if (year < 0 || !Consume(text, '-')) return std::nullopt;
  const int month = TakeDigits(text, 2);
  if (month < 0 || !Consume(text, '-')) return std::nullopt;
  const int day = TakeDigits(text, 2);
  if (day < 0 || !(Consume(text, 'T') || Consume(text, 't'))) return std::nullopt;
  const int hour = TakeDigits(text, 2);
  if (hour < 0 || hour > 23 || !Consume(text, ':')) return std::nullopt;
  const int minute = TakeDigits(text, 2);
  if (minute < 0 || minute > 59 || !Consume(text, ':')) return std::nullopt;
  const int second = TakeDigits(text, 2);
  if (second < 0 || second > 60) return std::nullopt;
  const auto fraction = TakeFraction(text);
  if (!fraction) return std::nullopt;
  const auto offset = TakeOffset(text);
  if (!offset || !text.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const Timestamp time = Timestamp{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
                         std::chrono::minutes{minute} + std::chrono::seconds{second} +
                         fraction->whole - *offset;
  // An offset or a leap second can lead to a year outside 0000 to 9999.
  if (!IsWritable(time)) return std::nullopt;
  return time + milliseconds{fraction->has_finer ? 1 : 0};
}

bool IsLater(std::string_view a, std::string_view b) {
  const auto up_a = ParseTimestamp(a);
  const auto up_b = ParseTimestamp(b);
  if (up_a != up_b) return up_a > up_b;
  // Within one millisecond. Text without sub-millisecond digits was not rounded up, so it is the
  // later one.
  const std::string_view finer_a = FinerDecimals(a);
  const std::string_view finer_b = FinerDecimals(b);
  if (finer_a.empty() || finer_b.empty()) return finer_a.empty() && !finer_b.empty();
  return finer_a > finer_b;
}

}  // namespace users
