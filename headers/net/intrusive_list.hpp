#pragma once

namespace couplet::net {

/// A link of a circular list that lives inside the object it lists. A node that goes away leaves its list by itself, so
/// nobody keeps a pointer to what is gone. `Tag` tells apart the lists that one object is in.
template <class Tag>
class list_node {
 public:
  list_node() noexcept : previous_(this), next_(this) {}
  ~list_node() { unlink(); }
  list_node(const list_node&) = delete;
  list_node& operator=(const list_node&) = delete;

  bool linked() const noexcept { return next_ != this; }
  void unlink() noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }

 private:
  template <class T, class U>
  friend class intrusive_list;
  list_node* previous_;
  list_node* next_;
};

/// The list itself. `T` derives from list_node<Tag>.
template <class T, class Tag>
class intrusive_list {
 public:
  bool empty() const noexcept { return !head_.linked(); }
  void push_back(T& item) noexcept {
    auto& node = static_cast<list_node<Tag>&>(item);
    node.unlink();
    node.previous_ = head_.previous_;
    node.next_ = &head_;
    head_.previous_->next_ = &node;
    head_.previous_ = &node;
  }
  /// Takes the first out. Precondition: !empty().
  T& pop_front() noexcept {
    auto* node = head_.next_;
    node->unlink();
    return static_cast<T&>(*node);
  }
  /// From the first to the last; `what` must not change the list.
  template <class What>
  void for_each(What&& what) {
    for (auto* node = head_.next_; node != &head_; node = node->next_) what(static_cast<T&>(*node));
  }
  /// All of `other` move to the end of this list.
  void take_all(intrusive_list& other) noexcept {
    while (!other.empty()) push_back(other.pop_front());
  }

 private:
  list_node<Tag> head_;
};

}  // namespace couplet::net
