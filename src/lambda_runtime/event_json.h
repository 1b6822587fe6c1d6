#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace users::lambda_runtime {

// The member where it is an object. AWS's events have null members, which are as good as none.
inline const boost::json::object* FindObject(const boost::json::object& object,
                                             std::string_view name) {
  const boost::json::value* member = object.if_contains(name);
  return member == nullptr ? nullptr : member->if_object();
}

}  // namespace users::lambda_runtime
