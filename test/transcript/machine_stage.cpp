#include "machine_stage.hpp"

namespace couplet::transcript {

machine_stage::machine_stage(const scene& s)
    : settings_(settings_of(s)), client_(settings_, s.limits, client, s.plaintext, s.manager_up, answer_to) {}

void machine_stage::client_sends(std::string_view bytes) {
  client_.sends(bytes);
}

void machine_stage::manager_sends(const routed& r) {
  client_.takes(message_from(r, client));
}

void machine_stage::happens(const std::string& event) {
  client_.happens(event);
}

std::string machine_stage::take_written() {
  std::string all;
  for (const auto& text : client_.take_written()) all += text;
  return all;
}

std::vector<routed> machine_stage::take_routes() {
  std::vector<routed> all;
  for (const auto& m : client_.take_routes()) all.push_back(to_text(m, client));
  return all;
}

std::string machine_stage::closed() const {
  const auto why = client_.closed();
  return why == base::close_reason::none ? std::string() : std::string(base::describe(why).name);
}

}  // namespace couplet::transcript
