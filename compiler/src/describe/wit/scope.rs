//! The items of an interface or a world, each under its name.

use std::collections::HashMap;

/// An item, without the braces around it.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// A type of another interface.
    Use {
        /// The interface.
        from: String,
        /// The name that it has there, and the one that it has here if that is another.
        text: String,
    },
    /// A type's definition.
    Type(String),
    /// A resource type, whose functions are items of their own.
    Resource,
    /// A function.
    Function {
        /// The resource type that it belongs to, if any.
        resource: Option<String>,
        /// The whole line.
        text: String,
    },
}

/// Items in the order in which they came.
#[derive(Debug, Default)]
pub struct Scope {
    items: Vec<(String, Item)>,
    places: HashMap<String, usize>,
}

impl Scope {
    /// Adds an item, unless it is there. Returns false if its name has another one.
    pub fn add(&mut self, name: &str, item: Item) -> bool {
        if let Some(known) = self.get(name) {
            return *known == item;
        }
        self.places.insert(name.to_string(), self.items.len());
        self.items.push((name.to_string(), item));
        true
    }

    /// The item with this name.
    pub fn get(&self, name: &str) -> Option<&Item> {
        self.places.get(name).map(|place| &self.items[*place].1)
    }

    /// The name of a function of a resource type that isn't one of the items.
    pub fn stray_function(&self) -> Option<&str> {
        let is_stray = |item: &Item| match item {
            Item::Function { resource: Some(resource), .. } => self.get(resource) != Some(&Item::Resource),
            _ => false,
        };
        self.items.iter().find(|(_, item)| is_stray(item)).map(|(name, _)| name.as_str())
    }

    /// The interfaces whose types are used one after another, each with the names.
    pub fn uses(&self) -> Vec<(&str, Vec<&str>)> {
        let mut uses: Vec<(&str, Vec<&str>)> = Vec::new();
        for (_, item) in &self.items {
            let Item::Use { from, text } = item else { continue };
            match uses.last_mut().filter(|(last, _)| last == from) {
                Some((_, names)) => names.push(text),
                None => uses.push((from, vec![text])),
            }
        }
        uses
    }

    /// The types: their definitions, and `None` with the names of resource types.
    pub fn types(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.items.iter().filter_map(|(name, item)| match item {
            Item::Type(text) => Some((name.as_str(), Some(text.as_str()))),
            Item::Resource => Some((name.as_str(), None)),
            Item::Use { .. } | Item::Function { .. } => None,
        })
    }

    /// The functions of each resource type, and under an empty name those of none.
    pub fn functions(&self) -> HashMap<&str, Vec<&str>> {
        let mut functions: HashMap<&str, Vec<&str>> = HashMap::new();
        for (_, item) in &self.items {
            if let Item::Function { resource, text } = item {
                functions.entry(resource.as_deref().unwrap_or_default()).or_default().push(text);
            }
        }
        functions
    }
}
