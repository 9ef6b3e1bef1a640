// Group chat behind a tokenizer, as a component's stanzas come to it. The first byte of the input says what becomes of requests for storage; then
// stanzas follow, with from and to as they stand. 0xFF lets the storage answer, 0xFE lets an hour go by, 0xFD removes hag's account, 0xFC ends
// the service.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>

#include "muc/service.hpp"
#include "xml/first_tag.hpp"
#include "xml/tokenizer.hpp"

using namespace couplet;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr std::string_view header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='chat.example.org' version='1.0'>";

/// Small, so that limits are reached.
muc::settings small(bool stored) {
  muc::settings s;
  s.names = {"chat.example.org"};
  s.secret = "what ids of occupants come from";
  s.instance = "i";
  s.stored = stored;
  s.most.rooms = 4;
  s.most.rooms_per_creator = 2;
  s.most.occupants = 4;
  s.most.sessions_per_occupant = 2;
  s.most.affiliations = 6;
  s.most.history_messages = 4;
  s.most.history_bytes = 2'000;
  s.most.all_history_bytes = 4'000;
  s.most.items = 4;
  s.most.waiting_changes = 2;
  return s;
}

class world {
 public:
  explicit world(std::uint8_t how) : service_(small((how & 1) != 0)), how_(how) {
    std::string_view begin = header;
    require(incoming_.next(begin) == xml::token::header);
    begin = header;
    require(written_.next(begin) == xml::token::header);
  }

  /// False: this is no XML any more.
  bool takes(std::string_view bytes) {
    while (true) {
      const auto t = incoming_.next(bytes);
      if (t == xml::token::need_more) return true;
      if (t != xml::token::element) return false;
      service_.on_stanza(std::string(incoming_.element().bytes), now_, out_);
      check();
    }
  }
  void storage_answers() {
    if (asked_.empty()) return;
    const auto number = asked_.front();
    asked_.pop_front();
    const auto outcome = (how_ & 2) == 0 ? muc::stored::done : (how_ & 4) == 0 ? muc::stored::full : muc::stored::failed;
    service_.on_stored(number, outcome, now_, out_);
    check();
  }
  void happens(char what) {
    if (what == '\xFF') return storage_answers();
    if (what == '\xFE') return static_cast<void>(now_ += std::chrono::hours(1));
    if (what == '\xFD') service_.on_account_removed("hag@example.org", out_);
    if (what == '\xFC') service_.shut_down(out_);
    check();
    require(what != '\xFC' || service_.occupant_count() == 0);
  }

 private:
  /// What was made can be read by whom it is for.
  void check() {
    for (const auto& xml : out_.stanzas) {
      require(!xml::find_attribute(xml, "from").empty() || !xml::find_attribute(xml, "to").empty());
      std::string_view rest = xml;
      require(written_.next(rest) == xml::token::element && rest.empty());
    }
    for (const auto& q : out_.to_storage)
      if (q.number != 0) asked_.push_back(q.number);
    out_.clear();
    require(service_.room_count() <= 4);
    require(service_.occupant_count() <= std::size_t{4} * (4 + 10));
  }

  muc::service service_;
  const std::uint8_t how_;
  muc::time_point now_{std::chrono::seconds(1'704'067'200)};
  muc::effects out_;
  std::deque<std::uint64_t> asked_;
  xml::workspace_pool pool_;
  xml::tokenizer_limits limits_;
  xml::tokenizer incoming_{pool_, limits_};
  xml::tokenizer written_{pool_, limits_};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  world w(data[0]);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!rest.empty()) {
    const auto text = rest.substr(0, rest.find_first_of("\xFC\xFD\xFE\xFF"));
    if (!w.takes(std::string(text))) return 0;
    rest.remove_prefix(text.size());
    if (rest.empty()) break;
    w.happens(rest.front());
    rest.remove_prefix(1);
  }
  return 0;
}
