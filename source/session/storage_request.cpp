#include "session/storage_request.hpp"

namespace couplet::session {

namespace {

struct size_of_work {
  std::size_t operator()(const read_entries& r) const noexcept { return r.kinds.size() + r.key.size(); }
  std::size_t operator()(const change_entries& r) const noexcept {
    std::size_t sum = 0;
    for (const auto& s : r.steps) sum += sizeof s + s.key.size() + s.value.size();
    return sum;
  }
  std::size_t operator()(const append_offline& r) const noexcept {
    return r.stanza.size() + (r.archived ? (*this)(*r.archived) : 0);
  }
  std::size_t operator()(const read_offline&) const noexcept { return 0; }
  std::size_t operator()(const remove_offline&) const noexcept { return 0; }
  std::size_t operator()(const remove_everything&) const noexcept { return 0; }
  std::size_t operator()(const empty_everything&) const noexcept { return 0; }
  std::size_t operator()(const archive_message& r) const noexcept { return r.stanza.size() + r.with.size() + r.resource.size(); }
  std::size_t operator()(const read_archive& r) const noexcept { return r.what.ids.size() * 64; }
  std::size_t operator()(const read_archive_ends&) const noexcept { return 0; }
  std::size_t operator()(const put_archive_preferences& r) const noexcept { return r.text.size(); }
};

}  // namespace

bool is_change(const storage_request& r) noexcept {
  return !std::holds_alternative<read_entries>(r.what) && !std::holds_alternative<read_offline>(r.what) &&
         !std::holds_alternative<read_archive>(r.what) && !std::holds_alternative<read_archive_ends>(r.what);
}

std::size_t bytes_of(const storage_request& r) noexcept {
  return sizeof r + r.owner.size() + std::visit(size_of_work(), r.what);
}

}  // namespace couplet::session
