#include "base/log.h"

#include "base/json/json.h"

namespace users {
namespace {

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

}  // namespace

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (text == NameOf(level)) return level;
  }
  return std::nullopt;
}

std::optional<LogRoom> Log::ReserveRoom() const {
  if (!Writes(LogLevel::kInfo)) return LogRoom();
  if (!sink_.ReserveRoom()) return std::nullopt;
  return LogRoom(sink_);
}

Log::Line Log::Audited(LogRoom room, std::string_view event) const {
  room.sink_ = nullptr;  // the line uses the space
  return Line(*this, LogLevel::kInfo, event, LineKind::kAudited);
}

Log::Line::Line(const Log& log, LogLevel level, std::string_view event, LineKind kind)
    : log_(log), kind_(kind), writes_(log.Writes(level)) {
  if (!writes_) return;
  text_.reserve(512);
  text_ = "{\"time\":\"";
  AppendTimestamp(text_, log.clock_.Now());
  text_ += "\",\"level\":\"";
  text_ += NameOf(level);
  text_ += '"';
  Text("event", event);
}

Log::Line::~Line() {
  if (!writes_) return;
  text_ += "}\n";
  log_.sink_.Write(text_, kind_);
}

Log::Line& Log::Line::Text(std::string_view name, std::string_view value) {
  if (AddName(name)) json::AppendString(text_, value);
  return *this;
}

Log::Line& Log::Line::Number(std::string_view name, std::int64_t value) {
  if (AddName(name)) text_ += std::to_string(value);
  return *this;
}

Log::Line& Log::Line::Bool(std::string_view name, bool value) {
  return Raw(name, value ? "true" : "false");
}

Log::Line& Log::Line::Raw(std::string_view name, std::string_view value) {
  if (AddName(name)) text_ += value;
  return *this;
}

bool Log::Line::AddName(std::string_view name) {
  if (!writes_) return false;
  text_ += ",\"";
  text_ += name;
  text_ += "\":";
  return true;
}

}  // namespace users
