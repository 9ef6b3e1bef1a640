#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "spawn.hpp"

namespace couplet::credentials {

base::result<std::unique_ptr<child>> child::start(const std::vector<std::string>& words, int errors) {
  pipe_ends questions;
  pipe_ends answers;
  for (const int ours : {questions.write.get(), answers.read.get()}) {
    ::fcntl(ours, F_SETFL, O_NONBLOCK);
  }
  auto started = spawn(words, questions.read.get(), answers.write.get(), errors);
  if (!started) return base::error(started.error_text());
  return std::unique_ptr<child>(new child(*started, std::move(questions.write), std::move(answers.read)));
}

child::~child() {
  input_.close();
  output_.close();
  // It is the leader of its group, and keeps its number until it is waited for.
  ::kill(-id_, SIGKILL);
  while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool child::is_ready() const noexcept {
  pollfd said{output_.get(), POLLIN, 0};
  return input_.is_open() && ::poll(&said, 1, 0) == 0;
}

child::end child::converse(command_protocol p, std::string_view question, base::time_point deadline, int stop, reply& answer) {
  answer = reply::incomplete;
  std::string got;
  while (answer == reply::incomplete) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - base::clock::now()).count();
    if (left <= 0) return end::late;
    std::array<pollfd, 3> fds{
        {{output_.get(), POLLIN, 0}, {stop, POLLIN, 0}, {question.empty() ? -1 : input_.get(), POLLOUT, 0}}};
    const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return end::broken;
    if (ready <= 0) continue;
    if (fds[1].revents != 0) return end::stopped;
    if (fds[2].revents != 0 && !write_some(question)) return end::broken;
    if (fds[0].revents == 0) continue;
    if (!read_some(got)) return end::broken;
    answer = read_reply(p, got);
  }
  // An answer before the question was put is none.
  if (!question.empty()) answer = reply::garbage;
  return end::answered;
}

bool child::write_some(std::string_view& rest) noexcept {
  const auto n = ::write(input_.get(), rest.data(), rest.size());
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  rest.remove_prefix(static_cast<std::size_t>(n));
  return true;
}

/// False at the end of what it says.
bool child::read_some(std::string& got) {
  std::array<char, longest_reply> part{};
  const auto n = ::read(output_.get(), part.data(), part.size());
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  got.append(part.data(), static_cast<std::size_t>(n));
  return n != 0;
}

}  // namespace couplet::credentials
