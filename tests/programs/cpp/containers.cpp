// C++ without exceptions: streams, containers, algorithms, virtual functions, templates, constructors of statics.

#include <algorithm>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Shape {
    virtual ~Shape() { std::cout << "gone: " << name() << "\n"; }
    virtual double area() const = 0;
    virtual std::string name() const { return "shape"; }
};

struct Square : Shape {
    double side;
    explicit Square(double side) : side(side) {}
    double area() const override { return side * side; }
};

struct Circle : Shape {
    double radius;
    explicit Circle(double radius) : radius(radius) {}
    double area() const override { return 3 * radius * radius; }
    std::string name() const override { return "circle"; }
};

struct Loud {
    const char *text;
    explicit Loud(const char *text) : text(text) { std::cout << "made " << text << "\n"; }
    ~Loud() { std::cout << "unmade " << text << "\n"; }
};

Loud early("static");

void shapes() {
    std::vector<std::unique_ptr<Shape>> shapes;
    for (int i = 1; i < 4; i++) {
        shapes.push_back(std::make_unique<Square>(i));
        shapes.push_back(std::make_unique<Circle>(i));
    }
    double sum = 0;
    for (const auto &shape : shapes) sum += shape->area();
    std::cout << "sum of areas " << sum << "\n";
    shapes.resize(4);
}

void words() {
    std::istringstream text("the quick brown fox jumps over the lazy dog and the quick cat");
    std::map<std::string, int> counts;
    for (std::string word; text >> word;) counts[word]++;
    for (const auto &[word, count] : counts) std::cout << word << "=" << count << " ";
    std::cout << "\n";
    std::unordered_map<int, std::string> names;
    for (int i = 0; i < 1000; i++) names[i * 7919] = std::to_string(i);
    std::cout << names.at(7919 * 500) << " of " << names.size() << "\n";
}

void algorithms() {
    std::vector<int> numbers(1000);
    std::iota(numbers.begin(), numbers.end(), -500);
    std::sort(numbers.begin(), numbers.end(), [](int a, int b) { return a * a < b * b || (a * a == b * b && a < b); });
    std::cout << numbers[0] << " " << numbers[1] << " " << numbers[999] << "\n";
    std::function<int(int)> factorial = [&](int n) { return n < 2 ? 1 : n * factorial(n - 1); };
    std::cout << factorial(10) << " " << std::setprecision(12) << 1.0 / 3 << " " << std::hex << 255 << std::dec << "\n";
    std::cout << std::setw(8) << std::setfill('.') << 42 << "|" << std::boolalpha << (numbers.size() > 3) << "\n";
}

}  // namespace

int main() {
    Loud local("local");
    shapes();
    words();
    algorithms();
    return 0;
}
