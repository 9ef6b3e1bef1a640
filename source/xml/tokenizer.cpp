#include "xml/tokenizer.hpp"

#include <algorithm>

#include "declaration.hpp"
#include "workspace.hpp"

namespace couplet::xml {
namespace {

constexpr std::size_t pooled_workspaces = 64;
/// How much of the input is added to what is held before it is looked at: the end of the element may be near, and what
/// lies behind it is copied for nothing.
constexpr std::size_t copied_bytes = 1024;

std::uint32_t or_ceiling(std::uint32_t limit) noexcept {
  return limit == 0 ? size_ceiling_bytes : std::min(limit, size_ceiling_bytes);
}

}  // namespace

workspace_pool::workspace_pool() {
  idle_.reserve(pooled_workspaces);
}

workspace_pool::~workspace_pool() = default;

std::unique_ptr<workspace> workspace_pool::take() {
  if (idle_.empty()) return std::make_unique<workspace>();
  std::unique_ptr<workspace> w = std::move(idle_.back());
  idle_.pop_back();
  return w;
}

void workspace_pool::give_back(std::unique_ptr<workspace> w) noexcept {
  if (idle_.size() == pooled_workspaces) return;
  w->shrink();
  idle_.push_back(std::move(w));  // never allocates: there is room for all that are kept
}

tokenizer::tokenizer(workspace_pool& pool, const tokenizer_limits& limits) noexcept : pool_(&pool), limits_(&limits) {}

tokenizer::~tokenizer() {
  give_back();
}

void tokenizer::give_back() noexcept {
  if (workspace_) pool_->give_back(std::move(workspace_));
}

void tokenizer::reset() noexcept {
  give_back();
  scope_.clear();
  before_header_bytes_ = 0;
  state_ = state::start;
  fault_ = xml::fault::none;
  may_declare_ = true;
  restarted_ = true;
}

const element_view& tokenizer::element() const noexcept {
  static constexpr element_view nothing{};
  return workspace_ ? workspace_->view : nothing;
}

std::size_t tokenizer::held_bytes() const noexcept {
  return workspace_ && !workspace_->complete ? workspace_->held.size() : 0;
}

token tokenizer::fail(xml::fault f) noexcept {
  give_back();
  state_ = state::failed;
  fault_ = f;
  return token::error;
}

/// How many bytes the part that begins now may have.
std::uint32_t tokenizer::bytes_allowed() const noexcept {
  const std::uint32_t limit = or_ceiling(limits_->max_element_bytes);
  return state_ == state::start ? limit - std::min(limit, before_header_bytes_) : limit;
}

token tokenizer::next(std::string_view& input) {
  if (state_ == state::failed) return token::error;
  for (;;) {
    if (!workspace_ || workspace_->complete) {
      if (!skip_blanks(input)) return fail(xml::fault::too_big);
      if (input.empty()) {
        give_back();
        return token::need_more;
      }
      const char c = input.front();
      const bool utf16 = state_ == state::start && may_declare_ && (c == '\xFE' || c == '\xFF');
      if (utf16) return fail(xml::fault::unsupported_encoding);
      if (c != '<' || state_ == state::ended) return fail(xml::fault::not_well_formed);
      begin();
    }
    const token t = scan(input);
    // Nothing is to be told about an XML declaration: on to the header.
    if (t != token::need_more || !workspace_->complete) return t;
  }
}

/// False: more than may stand before a header.
bool tokenizer::skip_blanks(std::string_view& input) {
  const bool counted = state_ == state::start;
  const std::size_t most = counted ? std::min<std::size_t>(bytes_allowed(), input.size()) : input.size();
  std::size_t n = 0;
  while (n < most && (class_of(input[n]) & is_blank) != 0) ++n;
  input.remove_prefix(n);
  if (!counted) return true;
  before_header_bytes_ += static_cast<std::uint32_t>(n);
  if (n != 0 && !restarted_) may_declare_ = false;
  return input.empty() || bytes_allowed() != 0;
}

void tokenizer::begin() {
  if (!workspace_) workspace_ = pool_->take();
  workspace& w = *workspace_;
  w.held.clear();
  w.complete = false;
  w.max_bytes = bytes_allowed();
  w.scan.begin(*limits_, scope_, state_ != state::start, may_declare_ && state_ == state::start);
  may_declare_ = false;
}

token tokenizer::scan(std::string_view& input) {
  return workspace_->held.empty() ? scan_in_place(input) : scan_held(input);
}

/// The part began in this input: it is looked at where it lies.
token tokenizer::scan_in_place(std::string_view& input) {
  workspace& w = *workspace_;
  const std::size_t seen = std::min<std::size_t>(input.size(), w.max_bytes);
  const scanner::step s = w.scan.run(input.data(), static_cast<std::uint32_t>(seen));
  if (s == scanner::step::failed) return fail(w.scan.fault());
  if (s == scanner::step::done) {
    const char* const base = input.data();
    input.remove_prefix(w.scan.position());
    return complete(base);
  }
  if (seen < input.size()) return fail(xml::fault::too_big);
  w.held.assign(input);
  input = {};
  return token::need_more;
}

/// The part began in an earlier input: what comes is added to what is held.
token tokenizer::scan_held(std::string_view& input) {
  workspace& w = *workspace_;
  while (!input.empty()) {
    const std::size_t before = w.held.size();
    const std::size_t added = std::min({input.size(), w.max_bytes - before, copied_bytes});
    if (added == 0) return fail(xml::fault::too_big);
    w.held.append(input.substr(0, added));
    const scanner::step s = w.scan.run(w.held.data(), static_cast<std::uint32_t>(w.held.size()));
    if (s == scanner::step::failed) return fail(w.scan.fault());
    if (s == scanner::step::done) {
      input.remove_prefix(w.scan.position() - before);
      return complete(w.held.data());
    }
    input.remove_prefix(added);
  }
  return token::need_more;
}

/// The part under way is complete. need_more: it was an XML declaration, and is gone.
token tokenizer::complete(const char* base) {
  workspace& w = *workspace_;
  w.complete = true;
  w.view = w.scan.view(base);
  switch (w.scan.what()) {
    case scanner::kind::element: return token::element;
    case scanner::kind::header:
      w.scan.keep_header(base, scope_);
      state_ = state::open;
      return token::header;
    case scanner::kind::footer: state_ = state::ended; return token::footer;
    case scanner::kind::declaration: break;
  }
  const xml::fault f = check_declaration(w.view.bytes);
  if (f != xml::fault::none) return fail(f);
  before_header_bytes_ += w.scan.position();
  return token::need_more;
}

}  // namespace couplet::xml
