#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstring>
#include <memory>
#include <string_view>

namespace users::server {

// Received bytes that are not consumed yet. Views into it are valid until the next Reserve, Drop or
// ReleaseIfLarge. Not thread-safe.
class ReadBuffer {
 public:
  // The received bytes, and the size of the memory in bytes.
  std::string_view bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  std::size_t capacity() const { return capacity_; }

  // Returns all free space at the end, at least `size` bytes. Grows if necessary.
  boost::asio::mutable_buffer Reserve(std::size_t size) {
    if (capacity_ - end_ < size) Grow(size);
    return boost::asio::buffer(data_.get() + end_, capacity_ - end_);
  }
  // Adds the first `size` bytes of the reserved space to the received bytes.
  void Commit(std::size_t size) { end_ += size; }
  // Removes the first `size` received bytes.
  void Drop(std::size_t size) {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Releases the memory if the buffer is empty and its capacity is larger than `max_kept` bytes.
  void ReleaseIfLarge(std::size_t max_kept) {
    if (begin_ != end_ || capacity_ <= max_kept) return;
    data_.reset();
    capacity_ = 0;
  }

 private:
  void Grow(std::size_t size) {
    const std::size_t used = end_ - begin_;
    if (capacity_ - used < size) {
      capacity_ = std::max(capacity_ * 2, used + size);
      auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
      if (used > 0) std::memcpy(larger.get(), data_.get() + begin_, used);
      data_ = std::move(larger);
    } else if (used > 0) {
      std::memmove(data_.get(), data_.get() + begin_, used);
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace users::server
